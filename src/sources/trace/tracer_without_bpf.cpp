// Stands in for tracer.cpp where the program is built without BPF (TCPDX_BPF=OFF).
#include "sources/trace/tracer.h"

namespace tcpdx::trace {

struct Tracer::State {
    ReasonNames reasons;
    std::vector<Unseen> missing;
};

Result<Tracer> Tracer::attach(const TracerSettings&) {
    return failure(ErrorCode::Unsupported, "this program was built without BPF");
}

Tracer::Tracer(std::unique_ptr<State> state) : state_(std::move(state)) {}
Tracer::Tracer(Tracer&&) noexcept = default;
Tracer& Tracer::operator=(Tracer&&) noexcept = default;
Tracer::~Tracer() = default;

// None of these can be called: there is no way to have a tracer.
Result<std::size_t> Tracer::drain(const std::function<void(const Event&)>&) {
    return std::size_t{0};
}

Losses Tracer::losses() const {
    return {};
}

const ReasonNames& Tracer::reasons() const {
    return state_->reasons;
}

const std::vector<Unseen>& Tracer::missing() const {
    return state_->missing;
}

bool Tracer::sees_requests() const {
    return false;
}

bool Tracer::sees_time_wait() const {
    return false;
}

}  // namespace tcpdx::trace
