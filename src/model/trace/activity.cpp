#include "model/trace/activity.h"

namespace tcpdx::trace {

void ActivityListener::stepped(const Life& life, std::size_t index) {
    Activity& activity = by_namespace_[life.network_namespace];
    activity.totals.count_step(life, index);
    if (index == 0 && life.opener == Opener::Active) {
        ++activity.connects[{life.local.address, life.remote}];
    }
}

void ActivityListener::happened(const Event& event, const Life* /*life*/) {
    by_namespace_[event.network_namespace].totals.count_detail(event, names_);
}

void ActivityListener::ended(const Life& life) {
    by_namespace_[life.network_namespace].totals.count_end(life);
}

}  // namespace tcpdx::trace
