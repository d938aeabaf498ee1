#include "history/step_bytes.h"

#include <cstdint>
#include <optional>
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

const Transition* row_of(std::uint32_t identity) {
    if (identity == 0) {
        return nullptr;
    }
    for (const Transition& row : transitions()) {
        if (identity_of(row) == identity) {
            return &row;
        }
    }
    return nullptr;
}

class Writer {
public:
    void u8(std::uint8_t value) { bytes_.push_back(std::byte{value}); }
    void u32(std::uint32_t value) {
        for (int shift = 0; shift < 32; shift += 8) {
            u8(static_cast<std::uint8_t>(value >> shift));
        }
    }
    void varint(std::uint64_t value) {
        while (value >= 0x80) {
            u8(static_cast<std::uint8_t>(value | 0x80U));
            value >>= 7U;
        }
        u8(static_cast<std::uint8_t>(value));
    }
    std::vector<std::byte> take() { return std::move(bytes_); }

private:
    std::vector<std::byte> bytes_;
};

class Reader {
public:
    explicit Reader(std::span<const std::byte> bytes) : bytes_(bytes) {}

    [[nodiscard]] bool at_end() const { return bytes_.empty(); }
    [[nodiscard]] bool failed() const { return failed_; }
    std::uint8_t u8() {
        if (bytes_.empty()) {
            failed_ = true;
            return 0;
        }
        const auto value = std::to_integer<std::uint8_t>(bytes_.front());
        bytes_ = bytes_.subspan(1);
        return value;
    }
    std::uint32_t u32() {
        std::uint32_t value = 0;
        for (unsigned shift = 0; shift < 32; shift += 8) {
            value |= std::uint32_t{u8()} << shift;
        }
        return value;
    }
    std::uint64_t varint() {
        std::uint64_t value = 0;
        for (unsigned shift = 0; shift < 64; shift += 7) {
            const std::uint8_t byte = u8();
            value |= std::uint64_t{byte & 0x7fU} << shift;
            if ((byte & 0x80U) == 0) {
                return value;
            }
        }
        failed_ = true;
        return value;
    }

private:
    std::span<const std::byte> bytes_;
    bool failed_ = false;
};

std::optional<TcpState> state_from(std::uint8_t byte) {
    return byte < kAllTcpStates.size() ? std::optional(kAllTcpStates.at(byte)) : std::nullopt;
}

}  // namespace

std::vector<std::byte> steps_to_bytes(const trace::Life& life) {
    Writer out;
    out.u8(kVersion);
    out.u8(life.began_as ? static_cast<std::uint8_t>(*life.began_as) : kNotKnown);
    trace::Time before{0};
    for (const trace::Step& step : life.steps()) {
        out.u8(static_cast<std::uint8_t>(step.state));
        out.u8(static_cast<std::uint8_t>(step.kind));
        const auto flaw = static_cast<std::uint8_t>(step.flaw);
        out.u8(step.began_unseen() ? flaw | kUnseen : flaw);
        out.u32(step.cause == nullptr ? 0 : identity_of(*step.cause));
        // Bounds of neighbours may overlap; the order in which they are told stays.
        const trace::Time latest = std::max(step.latest, before);
        out.varint(static_cast<std::uint64_t>((latest - before).count()));
        out.varint(step.began_unseen() ? 0
                                       : static_cast<std::uint64_t>(
                                             (latest - std::min(step.earliest, latest)).count()));
        before = latest;
    }
    return out.take();
}

Result<> steps_from_bytes(std::span<const std::byte> bytes, trace::Life& life) {
    const auto malformed = [] {
        return failure(ErrorCode::Malformed, N_("reading a connection's states from the history"));
    };
    Reader in(bytes);
    if (in.u8() != kVersion) {
        return malformed();
    }
    const std::uint8_t began_as = in.u8();
    life.began_as = state_from(began_as);
    if (in.failed() || (!life.began_as && began_as != kNotKnown)) {
        return malformed();
    }
    life.step_count = 0;
    trace::Time before{0};
    while (!in.at_end()) {
        if (life.step_count == trace::Life::kMostSteps) {
            return malformed();
        }
        const auto state = state_from(in.u8());
        const std::uint8_t kind = in.u8();
        const std::uint8_t flaw = in.u8();
        const std::uint32_t cause = in.u32();
        const auto since = static_cast<std::int64_t>(in.varint() & INT64_MAX);
        const auto spread = static_cast<std::int64_t>(in.varint() & INT64_MAX);
        const bool bad_flaw = (flaw & ~kUnseen) > static_cast<std::uint8_t>(trace::Flaw::Illegal);
        if (in.failed() || !state || kind > static_cast<std::uint8_t>(SocketKind::TimeWaitSocket) ||
            bad_flaw || since > INT64_MAX - before.count() || spread > before.count() + since) {
            return malformed();
        }
        trace::Step& step = life.step_room.at(life.step_count++);
        step.state = *state;
        step.kind = static_cast<SocketKind>(kind);
        step.flaw = static_cast<trace::Flaw>(flaw & ~kUnseen);
        step.cause = row_of(cause);
        step.latest = before + trace::Time(since);
        step.earliest = (flaw & kUnseen) != 0 ? trace::Time(0) : step.latest - trace::Time(spread);
        before = step.latest;
    }
    return life.step_count == 0 ? Result<>(malformed()) : Result<>();
}

}  // namespace tcpdx::history
