#pragma once

#include "model/trace/life_tracker.h"
#include "presentation/list/output_stream.h"
#include "presentation/trace/cells.h"

namespace tcpdx::trace {

// One line per connection, once it has ended: how, who closed first, what went over it, and how
// long each state lasted.
class LifeLines final : public LifeListener {
public:
    LifeLines(OutputStream& out, const TraceContext& context, bool header);

    void stepped(const Life& life, std::size_t index) override;
    void happened(const Event& event, const Life* life) override;
    void ended(const Life& life) override;

private:
    char* append_how(char* out, const Life& life) const;
    char* append_states(char* out, const Life& life) const;

    OutputStream& out_;
    const TraceContext& context_;
    ConnectionCells cells_;
    DwellFormat dwell_;
};

}  // namespace tcpdx::trace
