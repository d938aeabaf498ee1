// For builds with TCPDX_BPF=OFF, where the descriptor walk does all the work.
#include "sources/procfs/held_sockets.h"

namespace tcpdx::procfs {

bool may_load_iterators() {
    return false;
}

Result<SocketHolders> list_held_sockets() {
    return failure(ErrorCode::Unsupported, "this build has no BPF iterator over held sockets");
}

}  // namespace tcpdx::procfs
