#include "presentation/trace/trace_json.h"

#include "presentation/trace/cells.h"
#include "presentation/trace/json_members.h"
#include "presentation/trace/trace_words.h"

namespace tcpdx::trace {
namespace {

char* begin_line(char* out, std::string_view type, std::string_view time_key,
                 std::chrono::microseconds time) {
    out = append(append(append(out, R"({"type":")"), type), "\"");
    return member(out, time_key, time.count());
}

char* append_ends(char* out, const SocketAddress& local, const SocketAddress& remote) {
    char text[64];
    out = member(out, "local_address", std::string_view(text, format_to(text, local.address)));
    if (local.port != 0) {
        out = member(out, "local_port", local.port);
    }
    if (remote.port != 0) {
        out =
            member(out, "remote_address", std::string_view(text, format_to(text, remote.address)));
        out = member(out, "remote_port", remote.port);
    }
    return out;
}

char* append_dwell(char* out, std::string_view at_least, std::string_view at_most,
                   const Dwell& dwell) {
    if (dwell.lower) {
        out = member(out, at_least, dwell.lower->count() / 1000);
        if (dwell.upper) {
            out = member(out, at_most, dwell.upper->count() / 1000);
        }
    }
    return out;
}

std::string_view name_of_kind(SocketKind kind) {
    switch (kind) {
        case SocketKind::Full:
            return "full";
        case SocketKind::RequestSocket:
            return "request";
        case SocketKind::TimeWaitSocket:
            return "time-wait";
    }
    return "";
}

char* append_cause(char* out, const Step& step) {
    if (step.cause != nullptr) {
        out = member(out, "cause", std::string_view(step.cause->cause));
        out = member(out, "cause_kind", tcpdx::name_of(step.cause->kind));
        out = member(out, "sends", segment_name(step.cause->sent));
    }
    return member(out, "flaw", name_of(step.flaw));
}

char* append_end(char* out, const Life& life, const ReasonNames& names) {
    out = member(out, "ending", name_of(life.ending));
    out = member(out, "reset_by", name_of(life.reset_by));
    if (life.reset_by == Closer::Local) {
        out = member(out, "reset_reason", names.reset(life.reset_reason));
    }
    return life.error != 0 ? member(out, "error", error_name(life.error)) : out;
}

}  // namespace

TraceJson::TraceJson(OutputStream& out, const TraceContext& context, Wanted wanted)
    : out_(out), context_(context), wanted_(wanted) {
    out_.write("{\"type\":\"begin\",\"schema\":\"tcpdx.trace/1\"}\n");
}

char* TraceJson::append_namespace(char* out, std::uint32_t inode) const {
    if (inode == 0) {
        return out;
    }
    out = member(out, "netns_inode", inode);
    return context_.namespace_name ? member(out, "netns", context_.namespace_name(inode)) : out;
}

char* TraceJson::append_connection(char* out, const Life& life) const {
    out = member(out, "connection", static_cast<std::int64_t>(life.id));
    if (life.cookie != 0) {
        out = member(out, "cookie", static_cast<std::int64_t>(life.cookie));
    }
    out = append_ends(out, life.local, life.remote);
    out = append_namespace(out, life.network_namespace);
    if (life.opener != Opener::Unknown) {
        out = member(out, "opener", life.opener == Opener::Active ? "active" : "passive");
    }
    if (life.owner.basis != OwnerBasis::None) {
        out = member(out, "owner", life.owner.basis == OwnerBasis::Used ? "process" : "listener");
        out = member(out, "pid", life.owner.process);
        out = member(out, "process", life.owner.name_text());
    }
    return out;
}

void TraceJson::stepped(const Life& life, std::size_t index) {
    if (!wanted_.steps) {
        return;
    }
    const Step& step = life.steps()[index];
    char* out = begin_line(out_.row(), "step", "time_us", context_.clock.since_epoch(step.latest));
    if (!step.is_exact() && !step.began_unseen()) {
        out = member(out, "time_earliest_us", context_.clock.since_epoch(step.earliest).count());
    }
    if (const auto from = state_before(life, index)) {
        out = member(out, "from", rfc_name(*from));
    }
    out = member(out, "to", rfc_name(step.state));
    out = member(out, "kind", name_of_kind(step.kind));
    if (index > 0) {
        out = append_dwell(out, "lasted_at_least_us", "lasted_at_most_us",
                           dwell_in(life, index - 1, {}));
    }
    out = append_cause(out, step);
    out = append_connection(out, life);
    if (life.ended() && index + 1 == life.steps().size()) {
        out = append_end(out, life, *context_.reasons);
    }
    out_.commit(append(out, "}\n"));
}

void TraceJson::happened(const Event& event, const Life* life) {
    if (!wanted_.details) {
        return;
    }
    char* out = begin_line(out_.row(), "detail", "time_us", context_.clock.since_epoch(event.at));
    out = member(out, "what", name_of(event.kind));
    out = member(out, "reason", reason_for(event, *context_.reasons));
    if (life != nullptr) {
        out = member(out, "state", rfc_name(event.to));
        out = append_connection(out, *life);
    } else {
        out = append_ends(out, event.local, event.remote);
        out = append_namespace(out, event.network_namespace);
    }
    if (event.kind == EventKind::PacketDropped && event.leaving) {
        out = flag(out, "leaving");
    }
    out_.commit(append(out, "}\n"));
}

void TraceJson::ended(const Life& life) {
    if (!wanted_.lives || life.is_listener()) {
        return;
    }
    char* out =
        begin_line(out_.row(), "life", "time_us", context_.clock.since_epoch(life.last().latest));
    out = append_dwell(out, "lasted_at_least_us", "lasted_at_most_us", whole_life(life));
    out = append_connection(out, life);
    out = append_end(out, life, *context_.reasons);
    out = member(out, "first_fin", name_of(life.first_fin));
    if (life.bytes_sent) {
        out = member(out, "bytes_sent", static_cast<std::int64_t>(*life.bytes_sent));
    }
    if (life.bytes_received) {
        out = member(out, "bytes_received", static_cast<std::int64_t>(*life.bytes_received));
    }
    out = member(out, "retransmissions", life.retransmissions);
    out = member(out, "syn_retransmissions", life.syn_retransmissions);
    if (life.syn_cookie) {
        out = flag(out, "syn_cookie");
    }
    if (life.fast_open) {
        out = flag(out, "fast_open");
    }
    if (!life.complete()) {
        out = flag(out, "incomplete");
    }
    if (life.details_lost) {
        out = flag(out, "details_lost");
    }
    if (life.more_owners) {
        out = flag(out, "more_owners");
    }
    out = append(out, R"(,"states":[)");
    const auto steps = life.steps();
    for (std::size_t i = 0; i < steps.size(); ++i) {
        out = append(append(out, i == 0 ? R"({"state":")" : R"(,{"state":")"),
                     rfc_name(steps[i].state));
        *out++ = '"';
        out = member(out, "kind", name_of_kind(steps[i].kind));
        out = append_dwell(out, "lasted_at_least_us", "lasted_at_most_us", dwell_in(life, i, {}));
        out = append_cause(out, steps[i]);
        *out++ = '}';
    }
    out_.commit(append(out, "]}\n"));
}

}  // namespace tcpdx::trace
