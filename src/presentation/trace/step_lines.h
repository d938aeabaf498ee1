#pragma once

#include <optional>
#include <string>
#include <vector>

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
    void prepare_states();
    void prepare_reasons();
    [[nodiscard]] const std::string& state_cell(std::optional<TcpState> from, TcpState to) const;
    char* append_reason(char* out, const Life& life, std::size_t index) const;

    OutputStream& out_;
    const TraceContext& context_;
    Look look_;
    ConnectionCells cells_;
    DwellFormat dwell_;
    // Hundreds of thousands of lines a second have few different cells, so those are made once.
    std::vector<std::string> states_;   // by the two states, padded
    std::vector<std::string> reasons_;  // by row of the table of transitions
};

}  // namespace tcpdx::trace
