#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <span>
#include <vector>

#include "history/life_batch.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace tcpdx;
    // As many as there are before something is wrong are lives like any others: those that a batch
    // is for are the same after they were written and read again.
    history::LifeBatch batch;
    std::vector<history::KeptLife> kept;
    (void)history::read_batch(
        std::as_bytes(std::span(data, size)), [&](const history::KeptLife& life) {
            if (history::LifeBatch::is_for(life) && batch.has_room_for(life)) {
                batch.add(life);
                kept.push_back(life);
            }
        });
    std::size_t read = 0;
    const auto again = history::read_batch(batch.bytes(), [&](const history::KeptLife& life) {
        const trace::Life& a = life.life;
        const trace::Life& b = kept.at(read++).life;
        if (a.cookie != b.cookie || a.local != b.local || a.remote != b.remote ||
            a.bytes_sent != b.bytes_sent || a.steps().size() != b.steps().size() ||
            a.last().latest != b.last().latest || a.last().earliest != b.last().earliest) {
            std::abort();
        }
    });
    if (!again || read != kept.size()) {
        std::abort();
    }
    return 0;
}
