#pragma once

namespace tcpdx::app {

// Call first. Where descriptor 0, 1 or 2 was closed by the caller (`tcpdx list >&-`), the next file
// that is opened would get its number, and the output would go into that file or socket. This puts
// something there that fails when written to, as a closed descriptor does.
void keep_standard_descriptors();

}  // namespace tcpdx::app
