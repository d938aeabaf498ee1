#pragma once

namespace tcpdx::app {

// For what runs all the time: memory that was needed for a moment, as for listing all sockets, goes
// back to the system at once. To be called before there is a second thread.
void give_memory_back_at_once();

// What does not go back by itself: pages between what is still used, as a burst leaves them. Takes
// a millisecond or so; from time to time is enough.
void give_memory_back_in_between();

}  // namespace tcpdx::app
