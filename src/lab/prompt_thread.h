#pragma once

namespace tcpdx::lab {

// Puts the calling thread ahead of what else the machine does, where that is allowed. It is for the
// threads that play another host: that host would not be slow because this machine is busy, and
// with an answer that takes a second the kernel sends again, which looks like loss to tcpdx.
void run_as_another_host();

}  // namespace tcpdx::lab
