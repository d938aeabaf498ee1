#include "history/step_bytes.h"

#include <algorithm>
#include <cstdint>
#include <string_view>

#include "base/i18n.h"

namespace tcpdx::history {
namespace {

constexpr std::uint8_t kVersion = 1;
constexpr std::uint8_t kNotKnown = 255;
constexpr std::uint8_t kUnseen = 0x80;  // in the flaw's byte: it began before we looked

// FNV-1a: the same in every version and on every machine.
std::uint32_t identity_of(const Transition& row) {
    std::uint32_t hash = 2166136261U;
    const auto mix = [&hash](std::uint8_t byte) { hash = (hash ^ byte) * 16777619U; };
    mix(static_cast<std::uint8_t>(row.from));
    mix(static_cast<std::uint8_t>(row.to));
    mix(static_cast<std::uint8_t>(row.kind));
    mix(static_cast<std::uint8_t>(row.sent));
    mix(static_cast<std::uint8_t>(row.from_kind));
    mix(static_cast<std::uint8_t>(row.to_kind));
    for (const char letter : std::string_view(row.cause)) {
        mix(static_cast<std::uint8_t>(letter));
    }
    return hash;
}

// By the place of its row. Every step of every life needs one.
std::uint32_t known_identity_of(const Transition& row) {
    static const std::vector<std::uint32_t> known = [] {
        std::vector<std::uint32_t> all;
        for (const Transition& each : transitions()) {
            all.push_back(identity_of(each));
        }
        return all;
    }();
    return known.at(static_cast<std::size_t>(&row - transitions().data()));
}

const Transition* row_of(std::uint32_t identity) {
    if (identity == 0) {
        return nullptr;
    }
    for (const Transition& row : transitions()) {
        if (known_identity_of(row) == identity) {
            return &row;
        }
    }
    return nullptr;
}

std::optional<TcpState> state_from(std::uint8_t byte) {
    return byte < kAllTcpStates.size() ? std::optional(kAllTcpStates.at(byte)) : std::nullopt;
}

}  // namespace

void put_began_as(ByteWriter& out, const trace::Life& life) {
    out.u8(life.began_as ? static_cast<std::uint8_t>(*life.began_as) : kNotKnown);
}

bool take_began_as(ByteReader& in, trace::Life& life) {
    const std::uint8_t began_as = in.u8();
    life.began_as = state_from(began_as);
    return !in.failed() && (life.began_as || began_as == kNotKnown);
}

void put_step(ByteWriter& out, const trace::Step& step) {
    out.u8(static_cast<std::uint8_t>(step.state));
    out.u8(static_cast<std::uint8_t>(step.kind));
    const auto flaw = static_cast<std::uint8_t>(step.flaw);
    out.u8(step.began_unseen() ? flaw | kUnseen : flaw);
    out.u32(step.cause == nullptr ? 0 : known_identity_of(*step.cause));
}

std::optional<KeptStep> take_step(ByteReader& in) {
    const auto state = state_from(in.u8());
    const std::uint8_t kind = in.u8();
    const std::uint8_t flaw = in.u8();
    const std::uint32_t cause = in.u32();
    const bool bad_flaw = (flaw & ~kUnseen) > static_cast<std::uint8_t>(trace::Flaw::Illegal);
    if (in.failed() || !state || bad_flaw ||
        kind > static_cast<std::uint8_t>(SocketKind::TimeWaitSocket)) {
        return std::nullopt;
    }
    KeptStep kept{.began_unseen = (flaw & kUnseen) != 0};
    kept.step.state = *state;
    kept.step.kind = static_cast<SocketKind>(kind);
    kept.step.flaw = static_cast<trace::Flaw>(flaw & ~kUnseen);
    kept.step.cause = row_of(cause);
    return kept;
}

trace::Time put_times(ByteWriter& out, const trace::Step& step, trace::Time before) {
    // Bounds of neighbours may overlap; the order in which they are told stays.
    const trace::Time latest = std::max(step.latest, before);
    out.varint(static_cast<std::uint64_t>((latest - before).count()));
    out.varint(step.began_unseen() ? 0
                                   : static_cast<std::uint64_t>(
                                         (latest - std::min(step.earliest, latest)).count()));
    return latest;
}

bool take_times(ByteReader& in, KeptStep& kept, trace::Time before) {
    const auto since = static_cast<std::int64_t>(in.varint() & INT64_MAX);
    const auto spread = static_cast<std::int64_t>(in.varint() & INT64_MAX);
    if (in.failed() || since > INT64_MAX - before.count() || spread > before.count() + since) {
        return false;
    }
    trace::Step& step = kept.step;
    step.latest = before + trace::Time(since);
    step.earliest = kept.began_unseen ? trace::Time(0) : step.latest - trace::Time(spread);
    return true;
}

std::vector<std::byte> steps_to_bytes(const trace::Life& life) {
    ByteWriter out;
    out.u8(kVersion);
    put_began_as(out, life);
    trace::Time before{0};
    for (const trace::Step& step : life.steps()) {
        put_step(out, step);
        before = put_times(out, step, before);
    }
    return out.take();
}

Result<> steps_from_bytes(std::span<const std::byte> bytes, trace::Life& life) {
    ByteReader in(bytes);
    bool good = in.u8() == kVersion && take_began_as(in, life);
    life.step_count = 0;
    trace::Time before{0};
    while (good && !in.at_end()) {
        auto kept = take_step(in);
        good = kept && take_times(in, *kept, before) && life.step_count < trace::Life::kMostSteps;
        if (good) {
            life.step_room.at(life.step_count++) = kept->step;
            before = kept->step.latest;
        }
    }
    if (!good || life.step_count == 0) {
        return failure(ErrorCode::Malformed, N_("reading a connection's states from the history"));
    }
    return {};
}

}  // namespace tcpdx::history
