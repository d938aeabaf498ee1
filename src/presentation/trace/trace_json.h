#pragma once

#include "model/trace/life_tracker.h"
#include "presentation/list/output_stream.h"
#include "presentation/trace/trace_context.h"

namespace tcpdx::trace {

// JSON lines, schema "tcpdx.trace/1": docs/json.md.
class TraceJson final : public LifeListener {
public:
    struct Wanted {
        bool steps = true;
        bool lives = false;
        bool details = false;
    };
    TraceJson(OutputStream& out, const TraceContext& context, Wanted wanted);

    void stepped(const Life& life, std::size_t index) override;
    void happened(const Event& event, const Life* life) override;
    void ended(const Life& life) override;

private:
    char* append_namespace(char* out, std::uint32_t inode) const;
    char* append_connection(char* out, const Life& life) const;

    OutputStream& out_;
    const TraceContext& context_;
    Wanted wanted_;
};

}  // namespace tcpdx::trace
