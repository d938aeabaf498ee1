// Lives at rest. On a busy host most that are known wait in TIME-WAIT, and nothing happens to them
// for a minute; of the others most are idle. Such a one is kept in some sixty bytes, a twelfth of
// a Record, and is a Record again as soon as an event or a listing names it.
#include <algorithm>
#include <cstring>

#include "model/trace/life_tracker.h"

namespace tcpdx::trace {
namespace {

using namespace std::chrono_literals;

constexpr Time kQuiet = 10s;

constexpr std::array<std::uint8_t, 12> kMappedPrefix{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

// Writer and Reader have the same functions, so that one list of members serves both ways. What
// they hold never leaves this process, so the reader trusts it.
class Writer {
public:
    template <class T>
    void number(T& value) {
        auto rest = static_cast<std::uint64_t>(value);
        while (rest >= 0x80) {
            put(static_cast<std::uint8_t>(rest | 0x80U));
            rest >>= 7U;
        }
        put(static_cast<std::uint8_t>(rest));
    }
    void bytes(std::span<std::uint8_t> some) {
        std::copy(some.begin(), some.end(), room_.begin() + static_cast<std::ptrdiff_t>(size_));
        size_ += some.size();
    }
    [[nodiscard]] std::span<const std::byte> written() const {
        return std::as_bytes(std::span(room_).first(size_));
    }

private:
    void put(std::uint8_t byte) { room_[size_++] = byte; }

    std::array<std::uint8_t, PackedLives::kMostBytes>
        room_;  // more than a Record can take: see the assertion below
    std::size_t size_ = 0;
};

class Reader {
public:
    explicit Reader(const std::byte* bytes) : next_(bytes) {}

    template <class T>
    void number(T& value) {
        std::uint64_t sum = 0;
        std::uint8_t byte = 0x80;
        for (unsigned shift = 0; byte >= 0x80; shift += 7) {
            byte = std::to_integer<std::uint8_t>(*next_++);
            sum |= std::uint64_t{byte & 0x7fU} << shift;
        }
        value = static_cast<T>(sum);
    }
    void bytes(std::span<std::uint8_t> some) {
        std::memcpy(some.data(), next_, some.size());
        next_ += some.size();
    }

private:
    const std::byte* next_;
};

template <class Bytes>
void pass(Bytes& bytes, std::initializer_list<bool*> flags) {
    std::uint32_t bits = 0;
    for (const bool* flag : flags) {
        bits = bits << 1U | (*flag ? 1U : 0U);
    }
    bytes.number(bits);
    for (const auto* flag = std::rbegin(flags).base(); flag != flags.begin(); bits >>= 1U) {
        **--flag = (bits & 1U) != 0;
    }
}

template <class Bytes, class T>
void pass(Bytes& bytes, std::optional<T>& value) {
    bool there = value.has_value();
    bytes.number(there);
    if (there) {
        T inner = value.value_or(T());
        bytes.number(inner);
        value = inner;
    }
}

template <class Bytes>
void pass(Bytes& bytes, IpAddress& address) {
    std::span<std::uint8_t> all(address.bytes);
    bool mapped = std::equal(kMappedPrefix.begin(), kMappedPrefix.end(), all.begin());
    bytes.number(mapped);
    if (mapped) {
        std::copy(kMappedPrefix.begin(), kMappedPrefix.end(), all.begin());
        all = all.last(4);
    }
    bytes.bytes(all);
    bytes.number(address.family);
}

template <class Bytes>
void pass(Bytes& bytes, SocketAddress& end) {
    pass(bytes, end.address);
    bytes.number(end.port);
}

// Most are close to another one. 0 stands for itself.
template <class Bytes>
void pass(Bytes& bytes, Time& time, Time base) {
    const std::int64_t apart = (time - base).count();
    auto folded =
        (static_cast<std::uint64_t>(apart) << 1U) ^ static_cast<std::uint64_t>(apart >> 63);
    std::uint64_t code = time == Time(0) ? 0 : folded + 1;
    bytes.number(code);
    folded = code - 1;
    time = code == 0 ? Time(0)
                     : base + Time(static_cast<std::int64_t>(folded >> 1U) ^
                                   -static_cast<std::int64_t>(folded & 1U));
}

template <class Bytes>
void pass(Bytes& bytes, Step& step, Time before) {
    // Three kinds, three flaws, and most times are exact: eleven states of that are one byte.
    auto head = static_cast<std::uint8_t>(
        ((static_cast<unsigned>(step.state) * 3 + static_cast<unsigned>(step.kind)) * 3 +
         static_cast<unsigned>(step.flaw)) *
            2 +
        (step.is_exact() ? 1U : 0U));
    bytes.bytes({&head, 1});
    const bool exact = head % 2 != 0;
    step.flaw = static_cast<Flaw>(head / 2 % 3);
    step.kind = static_cast<SocketKind>(head / 6 % 3);
    step.state = static_cast<TcpState>(head / 18);
    const Transition* first = transitions().data();
    std::size_t row = step.cause == nullptr ? 0 : static_cast<std::size_t>(step.cause - first) + 1;
    bytes.number(row);
    step.cause = row == 0 ? nullptr : first + row - 1;
    pass(bytes, step.latest, before);
    if (exact) {
        step.earliest = step.latest;
    } else {
        pass(bytes, step.earliest, step.latest);
    }
}

}  // namespace

// This and pass_peer() are what time_waits() asks of all that are at rest. The state is in the
// first byte: see state_of().
template <class Bytes>
void LifeTracker::pass_front(Bytes& bytes, Front& front, Life& life) const {
    auto head = static_cast<std::uint8_t>(static_cast<unsigned>(front.state) |
                                          static_cast<unsigned>(life.opener) << 4U);
    bytes.bytes({&head, 1});
    front.state = static_cast<TcpState>(head & 15U);
    life.opener = static_cast<Opener>(head >> 4U);
    bytes.bytes({&front.shared, 1});
    bytes.number(life.local.port);
    if (front.shared != 0) {
        shared_.put_into(life, front.shared);
        return;
    }
    bytes.number(life.network_namespace);
    trace::pass(bytes, life.local.address);
    bytes.number(life.owner.process);
    bytes.number(life.owner.basis);
    auto name_size = static_cast<std::uint8_t>(life.owner.name_text().size());
    bytes.number(name_size);
    bytes.bytes({reinterpret_cast<std::uint8_t*>(life.owner.name.data()), name_size});
    trace::pass(bytes, life.user);
}

template <class Bytes>
void LifeTracker::pass_peer(Bytes& bytes, Life& life) const {
    trace::pass(bytes, life.remote);
}

// Everything that a quiet one can have, which is not an end. The cookie is known by where it is
// kept.
template <class Bytes>
void LifeTracker::pass(Bytes& bytes, Front& front, Record& record) const {
    // When it grows, the new member may have to be passed on here.
    static_assert(sizeof(Record) == 792, "see pass()");
    using trace::pass;
    Life& life = record.life;
    pass_front(bytes, front, life);
    pass_peer(bytes, life);
    bytes.number(life.id);
    pass(bytes, life.began_as);
    bytes.number(life.step_count);
    Time before{0};
    for (Step& step : std::span(life.step_room).first(life.step_count)) {
        pass(bytes, step, before);
        before = step.latest;
    }
    bool eventful = life.reset_cause != ResetCause::Unknown || life.reset_reason != 0 ||
                    life.error != 0 || life.syn_retransmissions != 0 || life.retransmissions != 0 ||
                    record.expired_at != Time(0) || record.snapshot_done != Time(0);
    bytes.number(eventful);  // most are not
    if (eventful) {
        bytes.number(life.reset_cause);
        bytes.number(life.reset_reason);
        bytes.number(life.error);
        bytes.number(life.syn_retransmissions);
        bytes.number(life.retransmissions);
        pass(bytes, record.expired_at, before);
        pass(bytes, record.snapshot_done, before);
    }
    pass(bytes, life.bytes_sent);
    pass(bytes, life.bytes_received);
    pass(bytes, {&life.syn_cookie, &life.fast_open, &life.steps_lost, &life.details_lost,
                 &life.more_owners, &record.child_made, &record.reset_received, &record.reset_sent,
                 &record.program_closed, &record.ended_in_call, &record.timer_ran_out,
                 &record.ports_reused_by_syn, &record.ports_reused_by_connect,
                 &record.time_wait_skipped, &record.from_snapshot});
    pass(bytes, record.last_seen, before);
    pass(bytes, record.last_event, before);
    bytes.number(record.details_lost_before);
}

std::uint8_t LifeTracker::unpack(std::uint64_t cookie, const std::byte* packed,
                                 Record& record) const {
    Reader reader(packed);
    Front front;
    pass(reader, front, record);
    record.life.cookie = cookie;
    record.told = record.life.step_count;
    return front.shared;
}

LifeTracker::Record LifeTracker::unpacked(std::uint64_t cookie, const std::byte* packed) const {
    Record record;
    unpack(cookie, packed, record);
    return record;
}

void LifeTracker::rest_if_quiet(Record& record) {
    const auto known = by_cookie_.find(record.life.cookie);
    const bool quiet = record.pending == 0 && record.told == record.life.step_count &&
                       record.stopped_at == Time(0) && !record.over && !record.in_doubt &&
                       known != by_cookie_.end() && known->second == &record &&
                       !without_port_.contains(&record) && !mini_fin_wait2_.contains(&record);
    if (!quiet) {
        return;
    }
    Writer writer;
    Front front{.state = record.life.step_count > 0 ? record.life.state() : TcpState::Closed,
                .shared = shared_.take(SharedParts::of(record.life))};
    pass(writer, front, record);
    resting_.put(record.life.cookie, writer.written());
    forget(record);
}

void LifeTracker::rest_all_quiet() {
    std::vector<Record*> quiet;
    for (const auto& [cookie, record] : by_cookie_) {
        if (std::max(record->last_event, record->life.last().latest) + kQuiet <= now_) {
            quiet.push_back(record);
        }
    }
    for (Record* record : quiet) {
        rest_if_quiet(*record);
    }
    resting_.compact();
}

TcpState LifeTracker::state_of(const std::byte* packed) {
    return static_cast<TcpState>(std::to_integer<unsigned>(packed[0]) & 15U);
}

// Null when none with this cookie rests.
LifeTracker::Record* LifeTracker::wake(std::uint64_t cookie) {
    const std::byte* packed = resting_.find(cookie);
    if (packed == nullptr) {
        return nullptr;
    }
    Record& record = new_record();
    shared_.give_back(unpack(cookie, packed, record));
    resting_.erase(cookie);
    remember_cookie(cookie, record);
    return &record;
}

void LifeTracker::use_known(std::uint64_t cookie,
                            const std::function<void(const Record&)>& use) const {
    if (const auto known = by_cookie_.find(cookie); known != by_cookie_.end()) {
        use(*known->second);
    } else if (const std::byte* packed = resting_.find(cookie); packed != nullptr) {
        use(unpacked(cookie, packed));
    }
}

TimeWaits LifeTracker::time_waits(std::uint32_t network_namespace,
                                  const std::bitset<65536>& source_ports) const {
    TimeWaits found;
    TimeWaitCount from_source_ports;
    const auto take = [&](const Life& life) {
        if (source_ports.test(life.local.port)) {
            from_source_ports.add(life.local.address, life.remote);
            return;
        }
        found.others.push_back({.cookie = life.cookie,
                                .local = life.local,
                                .remote = life.remote,
                                .opener = life.opener,
                                .earliest = life.last().earliest,
                                .latest = life.last().latest});
    };
    for_each_awake([&](const Life& life) {
        if (life.network_namespace == network_namespace && life.state() == TcpState::TimeWait) {
            take(life);
        }
    });
    Front front;
    Life life;
    std::pair<const SocketAddress, std::size_t>* same = nullptr;
    resting_.for_each([&](std::uint64_t cookie, const std::byte* packed) {
        if (state_of(packed) != TcpState::TimeWait) {
            return;
        }
        Reader reader(packed);
        pass_front(reader, front, life);
        if (life.network_namespace != network_namespace) {
            return;
        }
        if (life.opener != Opener::Passive) {
            if (source_ports.test(life.local.port)) {
                pass_peer(reader, life);
                from_source_ports.add(life.local.address, life.remote);
            } else {
                take(unpacked(cookie, packed).life);
            }
            return;
        }
        // Mostly of the same server as the one before.
        if (same == nullptr || same->first != life.local) {
            same = &*found.passive.try_emplace(life.local).first;
        }
        ++same->second;
    });
    found.from_source_ports = from_source_ports.take();
    found.mini_fin_wait2 = static_cast<std::size_t>(std::count_if(
        mini_fin_wait2_.begin(), mini_fin_wait2_.end(),
        [&](const Record* record) { return record->life.network_namespace == network_namespace; }));
    return found;
}

}  // namespace tcpdx::trace
