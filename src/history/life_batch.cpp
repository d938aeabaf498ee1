#include "history/life_batch.h"

#include <algorithm>
#include <optional>

#include "base/i18n.h"
#include "history/cells.h"
#include "history/step_bytes.h"

namespace tcpdx::history {
namespace {

constexpr std::uint8_t kVersion = 1;

// What many lives have in common. `unseen` is per step.
struct Kind {
    KeptLife kept;
    std::array<bool, trace::Life::kMostSteps> began_unseen{};
};

void put_kind(ByteWriter& out, const KeptLife& kept) {
    const trace::Life& life = kept.life;
    const auto local = bytes_of(life.local.address);
    out.varint(life.network_namespace);
    out.u8(static_cast<std::uint8_t>(local.size()));
    out.raw(local);
    out.u8(life.remote.address.family == IpFamily::V4 ? 4 : 16);
    out.varint(static_cast<std::uint32_t>(life.owner.process));
    out.text(life.owner.name_text());
    out.u8(static_cast<std::uint8_t>(life.owner.basis));
    out.varint(life.user ? std::uint64_t{*life.user} + 1 : 0);
    out.u8(static_cast<std::uint8_t>(life.ending));
    out.u8(static_cast<std::uint8_t>(life.first_fin));
    out.u8(static_cast<std::uint8_t>(life.reset_by));
    out.text(kept.reset_reason);
    out.varint(static_cast<std::uint32_t>(life.error));
    out.u8(static_cast<std::uint8_t>(life.opener));
    out.u8(flags_of(life));
    out.varint(life.retransmissions);
    out.varint(life.syn_retransmissions);
    put_began_as(out, life);
    for (const trace::Step& step : life.steps()) {
        put_step(out, step);
    }
}

std::optional<std::uint64_t> number_or_nothing(std::uint64_t one_more) {
    return one_more == 0 ? std::nullopt : std::optional(one_more - 1);
}

std::optional<Kind> take_kind(std::string_view text) {
    ByteReader in(std::as_bytes(std::span(text)));
    Kind kind;
    trace::Life& life = kind.kept.life;
    life.network_namespace = static_cast<std::uint32_t>(in.varint());
    life.local.address = address_from(in.raw(in.u8()));
    life.remote.address = IpAddress::any(in.u8() == 4 ? IpFamily::V4 : IpFamily::V6);
    life.owner.process = static_cast<int>(in.varint());
    in.text().copy(life.owner.name.data(), life.owner.name.size() - 1);
    life.owner.basis = enum_from(in.u8(), trace::OwnerBasis::Listener);
    if (const auto user = number_or_nothing(in.varint())) {
        life.user = static_cast<std::uint32_t>(*user);
    }
    life.ending = enum_from(in.u8(), trace::Ending::Unseen);
    life.first_fin = enum_from(in.u8(), trace::Closer::Both);
    life.reset_by = enum_from(in.u8(), trace::Closer::Both);
    kind.kept.reset_reason = in.text();
    life.error = static_cast<int>(in.varint());
    life.opener = enum_from(in.u8(), Opener::Passive);
    set_flags(life, in.u8());
    life.retransmissions = static_cast<std::uint32_t>(in.varint());
    life.syn_retransmissions = static_cast<std::uint32_t>(in.varint());
    if (!take_began_as(in, life)) {
        return std::nullopt;
    }
    while (!in.at_end()) {
        const auto step = take_step(in);
        if (!step || life.step_count == trace::Life::kMostSteps) {
            return std::nullopt;
        }
        kind.began_unseen.at(life.step_count) = step->began_unseen;
        life.step_room.at(life.step_count++) = step->step;
    }
    return life.step_count == 0 ? std::nullopt : std::optional(kind);
}

Micros last_step_at(const trace::Life& life) {
    return std::chrono::duration_cast<Micros>(life.last().latest);
}

}  // namespace

bool LifeBatch::is_for(const KeptLife& kept) {
    return kept.ended && kept.life.step_count > 0 && *kept.ended == last_step_at(kept.life) &&
           !kept.life.steps().front().began_unseen() &&
           *kept.ended - opened_at(kept.life) <= kBriefLife;
}

LifeBatch::LifeBatch() {
    out_.u8(kVersion);
}

bool LifeBatch::has_room_for(const KeptLife& kept) const {
    return size_ < kMostLives && (size_ == 0 || (*kept.ended - first_ended_ <= kLongest &&
                                                 last_ended_ - *kept.ended <= kLongest));
}

void LifeBatch::add(const KeptLife& kept) {
    const trace::Life& life = kept.life;
    kind_.clear();
    put_kind(kind_, kept);
    const std::string_view kind(reinterpret_cast<const char*>(kind_.written().data()),
                                kind_.written().size());
    if (const auto known = kinds_.find(kind); known != kinds_.end()) {
        out_.varint(known->second);
    } else {
        out_.varint(kinds_.size());
        out_.text(kind);
        kinds_.emplace(kind, kinds_.size());
    }
    out_.difference(static_cast<std::int64_t>(life.cookie - cookie_before_));
    out_.raw(bytes_of(life.remote.address));
    out_.varint(life.local.port);
    out_.varint(life.remote.port);
    out_.varint(life.bytes_sent ? *life.bytes_sent + 1 : 0);
    out_.varint(life.bytes_received ? *life.bytes_received + 1 : 0);
    // The first is counted from the life before, which may have begun later.
    const trace::Time first = life.steps().front().latest;
    out_.difference((first - time_before_).count());
    trace::Time before = first;
    for (const trace::Step& step : life.steps()) {
        before = put_times(out_, step, before);
    }
    ++size_;
    cookie_before_ = life.cookie;
    time_before_ = first;
    first_opened_ = std::min(first_opened_, opened_at(life));
    first_ended_ = std::min(first_ended_, *kept.ended);
    last_ended_ = std::max(last_ended_, *kept.ended);
    if (life.cookie != 0) {
        lowest_cookie_ = std::min(lowest_cookie_, life.cookie);
        highest_cookie_ = std::max(highest_cookie_, life.cookie);
    }
}

Result<> read_batch(std::span<const std::byte> bytes,
                    const std::function<void(const KeptLife&)>& on_life) {
    const auto malformed = [] {
        return failure(ErrorCode::Malformed, N_("reading connections from the history"));
    };
    ByteReader in(bytes);
    if (in.u8() != kVersion) {
        return malformed();
    }
    std::vector<Kind> kinds;
    std::uint64_t cookie = 0;
    trace::Time first{0};
    while (!in.at_end()) {
        const std::uint64_t number = in.varint();
        if (number == kinds.size()) {
            const auto kind = take_kind(in.text());
            if (!kind) {
                return malformed();
            }
            kinds.push_back(*kind);
        } else if (number > kinds.size()) {
            return malformed();
        }
        const Kind& kind = kinds[static_cast<std::size_t>(number)];
        KeptLife kept = kind.kept;
        trace::Life& life = kept.life;
        life.cookie = cookie += static_cast<std::uint64_t>(in.difference());
        const std::size_t remote_size = bytes_of(life.remote.address).size();
        life.remote.address = address_from(in.raw(remote_size));
        life.local.port = static_cast<std::uint16_t>(in.varint());
        life.remote.port = static_cast<std::uint16_t>(in.varint());
        life.bytes_sent = number_or_nothing(in.varint());
        life.bytes_received = number_or_nothing(in.varint());
        first = trace::Time(static_cast<std::int64_t>(static_cast<std::uint64_t>(first.count()) +
                                                      static_cast<std::uint64_t>(in.difference())));
        if (in.failed() || first < trace::Time(0)) {
            return malformed();
        }
        trace::Time before = first;
        for (std::size_t i = 0; i < life.step_count; ++i) {
            KeptStep step{.step = life.step_room.at(i), .began_unseen = kind.began_unseen.at(i)};
            if (!take_times(in, step, before)) {
                return malformed();
            }
            life.step_room.at(i) = step.step;
            before = step.step.latest;
        }
        kept.ended = last_step_at(life);
        on_life(kept);
    }
    return {};
}

}  // namespace tcpdx::history
