#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "model/trace/life_tracker.h"
#include "presentation/list/output_stream.h"
#include "presentation/trace/trace_context.h"

namespace tcpdx::trace {

// Connections as ladders: two columns with the states of both ends, and the segments that pass. Of
// a peer on another host only what this end sent and received is drawn.
[[nodiscard]] std::string draw_ladder(const Life& life, const TraceContext& context);
[[nodiscard]] std::string draw_ladder(const Life& one, const Life& other,
                                      const TraceContext& context);

// Draws each connection once its programs are done with it: it has ended, or is in TIME-WAIT. Where
// both ends are on this host, once both are.
class TraceLadders final : public LifeListener {
public:
    TraceLadders(OutputStream& out, const TraceContext& context) : out_(out), context_(context) {}

    void stepped(const Life& life, std::size_t index) override;
    void happened(const Event& event, const Life* life) override;
    void ended(const Life& life) override;

private:
    struct Ends {
        SocketAddress local;
        SocketAddress remote;
        friend auto operator<=>(const Ends&, const Ends&) = default;
    };

    void draw_if_done(const Life& life);

    OutputStream& out_;
    const TraceContext& context_;
    std::map<Ends, Life> seen_;  // not drawn yet
};

}  // namespace tcpdx::trace
