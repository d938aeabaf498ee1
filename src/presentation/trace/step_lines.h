#pragma once

#include <optional>
#include <string>

#include "model/trace/life_tracker.h"
#include "presentation/list/output_stream.h"
#include "presentation/trace/cells.h"

namespace tcpdx::trace {

// One line per transition, and when wanted one per detail, as they come.
class StepLines final : public LifeListener {
public:
    struct Look {
        bool header = true;
        bool details = false;
    };
    StepLines(OutputStream& out, const TraceContext& context, Look look);

    void stepped(const Life& life, std::size_t index) override;
    void happened(const Event& event, const Life* life) override;
    void ended(const Life& life) override;

private:
    char* append_state(char* out, std::optional<TcpState> from, TcpState to) const;

    OutputStream& out_;
    const TraceContext& context_;
    Look look_;
    ConnectionCells cells_;
    DwellFormat dwell_;
    std::string arrow_;
};

}  // namespace tcpdx::trace
