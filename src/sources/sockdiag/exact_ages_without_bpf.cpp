// Stands in for exact_ages.cpp where the program is built without BPF (TCPDX_BPF=OFF).
#include "sources/sockdiag/exact_ages.h"

namespace tcpdx::sockdiag {

Result<ExactAges> read_exact_ages() {
    return failure(ErrorCode::Unsupported, "this program was built without BPF");
}

}  // namespace tcpdx::sockdiag
