// Records of the tracer's ring buffer, one after the other, decoded and put together to lives: no
// order of events, however impossible, may break the tracker.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>

#include "model/trace/life_tracker.h"
#include "sources/trace/bpf/trace_record.h"
#include "sources/trace/decode.h"

namespace {

using tcpdx::trace::Event;
using tcpdx::trace::Life;

class Touching final : public tcpdx::trace::LifeListener {
public:
    void stepped(const Life& life, std::size_t index) override {
        steps_ += life.steps()[index].is_exact() ? 1U : 0U;
        (void)tcpdx::trace::dwell_in(life, index, {});
    }
    void happened(const Event& /*event*/, const Life* life) override {
        steps_ += life != nullptr ? life->steps().size() : 0;
    }
    void ended(const Life& life) override { (void)tcpdx::trace::whole_life(life); }

private:
    std::size_t steps_ = 0;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    Touching touching;
    tcpdx::trace::LifeTracker tracker({.sees_time_wait = size % 2 == 0}, touching);
    auto rest = std::as_bytes(std::span(data, size));
    tcpdx::trace::Time now{0};
    while (!rest.empty()) {
        const auto record = rest.first(std::min(rest.size(), sizeof(trace_record)));
        rest = rest.subspan(record.size());
        auto event = tcpdx::trace::decode(record, {});
        if (!event) {
            continue;
        }
        // Few connections, so that events meet; and a clock that goes on.
        event->cookie %= 4;
        event->local.port %= 2;
        event->remote.port %= 2;
        event->at = now += std::chrono::nanoseconds(event->at.count() & 0x3ffffff);
        tracker.apply(*event);
        tracker.advance(now);
    }
    tracker.finish();
    return 0;
}
