#pragma once

namespace tcpdx::app {

// For what runs all the time: memory that was needed for a moment, as for listing all sockets, goes
// back to the system at once. To be called before there is a second thread.
void give_memory_back_at_once();

}  // namespace tcpdx::app
