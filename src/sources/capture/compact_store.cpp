// A record: the key, of IPv4 without the bytes that every address has; then a bit for each word of
// the connection that is not zero, and these words; then the log, each entry as the difference from
// the one before, in as few bytes as it needs. All of it is our own and never from outside.

#include "sources/capture/compact_store.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <type_traits>

namespace tcpdx::capture {
namespace {

static_assert(std::is_trivially_copyable_v<LiveConnection>);
constexpr std::size_t kWords = (sizeof(LiveConnection) - sizeof(FlowKey)) / sizeof(std::uint32_t);
constexpr std::size_t kMaskBytes = (kWords + 7) / 8;
static_assert(offsetof(LiveConnection, key) == 0 &&
              sizeof(FlowKey) + kWords * sizeof(std::uint32_t) == sizeof(LiveConnection));
using Words = std::array<std::uint32_t, kWords>;

constexpr std::size_t kMostKeyBytes = 1 + 8 + 32;
// A varint of 64 bits takes ten bytes; two of them, and two more.
constexpr std::size_t kMostEntryBytes = 22;
constexpr std::array<std::uint8_t, 12> kMapped{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

bool is_mapped(const std::array<std::uint8_t, 16>& address) {
    return std::equal(kMapped.begin(), kMapped.end(), address.begin());
}

class Pen {
public:
    explicit Pen(std::byte* at) : at_(at) {}
    void put(const void* bytes, std::size_t size) {
        std::memcpy(at_, bytes, size);
        at_ += size;
    }
    void put_varint(std::uint64_t value) {
        for (; value >= 0x80; value >>= 7U) {
            *at_++ = static_cast<std::byte>(value | 0x80U);
        }
        *at_++ = static_cast<std::byte>(value);
    }
    [[nodiscard]] std::byte* at() const { return at_; }

private:
    std::byte* at_;
};

class Eye {
public:
    explicit Eye(const std::byte* at) : at_(at) {}
    void take(void* into, std::size_t size) {
        std::memcpy(into, at_, size);
        at_ += size;
    }
    std::uint64_t take_varint() {
        std::uint64_t value = 0;
        for (unsigned shift = 0;; shift += 7) {
            const auto byte = std::to_integer<std::uint64_t>(*at_++);
            value |= (byte & 0x7fU) << shift;
            if ((byte & 0x80U) == 0) {
                return value;
            }
        }
    }

private:
    const std::byte* at_;
};

std::uint64_t zigzag(std::uint64_t difference) {
    const auto value = static_cast<std::int64_t>(difference);
    return static_cast<std::uint64_t>(value) << 1U ^ static_cast<std::uint64_t>(value >> 63U);
}
std::uint64_t unzigzag(std::uint64_t value) {
    return value >> 1U ^ (~(value & 1U) + 1U);
}

void put_key(Pen& pen, const FlowKey& key) {
    const std::uint8_t is_short = is_mapped(key.first) && is_mapped(key.second) ? 1 : 0;
    const std::size_t skipped = is_short != 0 ? kMapped.size() : 0;
    pen.put(&is_short, 1);
    pen.put(&key.network, 4);
    pen.put(&key.first_port, 2);
    pen.put(&key.second_port, 2);
    pen.put(key.first.data() + skipped, key.first.size() - skipped);
    pen.put(key.second.data() + skipped, key.second.size() - skipped);
}

FlowKey take_key(Eye& eye) {
    FlowKey key;
    std::uint8_t is_short = 0;
    eye.take(&is_short, 1);
    eye.take(&key.network, 4);
    eye.take(&key.first_port, 2);
    eye.take(&key.second_port, 2);
    std::size_t skipped = 0;
    if (is_short != 0) {
        skipped = kMapped.size();
        std::copy(kMapped.begin(), kMapped.end(), key.first.begin());
        std::copy(kMapped.begin(), kMapped.end(), key.second.begin());
    }
    eye.take(key.first.data() + skipped, key.first.size() - skipped);
    eye.take(key.second.data() + skipped, key.second.size() - skipped);
    return key;
}

void put_words(Pen& pen, const LiveConnection& connection) {
    LiveConnection copy = connection;
    copy.log = {};
    copy.log.head = copy.log.tail = 0;
    copy.previous = 0;
    copy.waits_to_rest = false;
    for (LiveFlow& flow : copy.flows) {
        // Only copies that come within a moment are told by these; but when it was heard last
        // matters where no FIN says what it had come to.
        flow.recent_prints = {};
        flow.recent_times_us[flow.recent_at] = 0;
        if (connection.both_closed()) {
            flow.recent_times_us = {};
        }
    }
    Words words;
    std::memcpy(words.data(), reinterpret_cast<const std::byte*>(&copy) + sizeof(FlowKey),
                sizeof(words));
    std::array<std::uint8_t, kMaskBytes> mask{};
    for (std::size_t i = 0; i < kWords; ++i) {
        mask[i / 8] |= static_cast<std::uint8_t>((words[i] != 0 ? 1U : 0U) << (i % 8));
    }
    pen.put(mask.data(), mask.size());
    for (const std::uint32_t word : words) {
        if (word != 0) {
            pen.put(&word, sizeof(word));
        }
    }
}

void take_words(Eye& eye, LiveConnection& connection) {
    std::array<std::uint8_t, kMaskBytes> mask{};
    eye.take(mask.data(), mask.size());
    Words words{};
    for (std::size_t i = 0; i < kWords; ++i) {
        if ((mask[i / 8] >> (i % 8) & 1U) != 0) {
            eye.take(&words[i], sizeof(words[i]));
        }
    }
    std::memcpy(reinterpret_cast<std::byte*>(&connection) + sizeof(FlowKey), words.data(),
                sizeof(words));
    connection.log = {};
    connection.previous = kNone;
}

void put_log(Pen& pen, const std::vector<LogEntry>& entries, std::int64_t base_ns) {
    pen.put_varint(entries.size());
    auto time = static_cast<std::uint64_t>(base_ns);
    std::uint32_t packet = 0;
    for (const LogEntry& entry : entries) {
        const std::array<std::uint8_t, 2> head{
            static_cast<std::uint8_t>(static_cast<unsigned>(entry.mark) << 1U | entry.from),
            entry.extra};
        pen.put(head.data(), head.size());
        pen.put_varint(zigzag(std::uint64_t{entry.packet} - packet));
        pen.put_varint(zigzag(static_cast<std::uint64_t>(entry.time_ns) - time));
        packet = entry.packet;
        time = static_cast<std::uint64_t>(entry.time_ns);
    }
}

void take_log(Eye& eye, std::vector<LogEntry>& entries, std::int64_t base_ns) {
    const std::uint64_t count = eye.take_varint();
    auto time = static_cast<std::uint64_t>(base_ns);
    std::uint64_t packet = 0;
    for (std::uint64_t i = 0; i < count; ++i) {
        std::array<std::uint8_t, 2> head{};
        eye.take(head.data(), head.size());
        packet += unzigzag(eye.take_varint());
        time += unzigzag(eye.take_varint());
        entries.push_back({.time_ns = static_cast<std::int64_t>(time),
                           .packet = static_cast<std::uint32_t>(packet),
                           .mark = static_cast<SegmentMark>(head[0] >> 1U),
                           .from = static_cast<std::uint8_t>(head[0] & 1U),
                           .extra = head[1]});
    }
}

}  // namespace

std::byte* CompactStore::room_for(std::size_t size, Place& place) {
    if (filling_ == UINT32_MAX || blocks_[filling_].used + size > kBlockBytes) {
        if (filling_ != UINT32_MAX && blocks_[filling_].records == 0) {
            free_blocks_.push_back(filling_);
        }
        if (free_blocks_.empty()) {
            filling_ = static_cast<std::uint32_t>(blocks_.size());
            blocks_.emplace_back();
        } else {
            filling_ = free_blocks_.back();
            free_blocks_.pop_back();
        }
        Block& block = blocks_[filling_];
        // A connection whose log is longer than a block gets one of its own.
        block.bytes = std::make_unique_for_overwrite<std::byte[]>(std::max(size, kBlockBytes));
        block.used = block.records = 0;
    }
    Block& block = blocks_[filling_];
    place.block = filling_;
    place.offset = block.used;
    block.used += static_cast<std::uint32_t>(size);
    ++block.records;
    return block.bytes.get() + place.offset;
}

std::uint32_t CompactStore::add(const LiveConnection& connection, const SegmentLog& log) {
    entries_.clear();
    log.read(connection.log, connection.first_ns, entries_);
    written_.resize(kMostKeyBytes + kMaskBytes + sizeof(Words) + 10 +
                    entries_.size() * kMostEntryBytes);
    Pen pen(written_.data());
    put_key(pen, connection.key);
    put_words(pen, connection);
    put_log(pen, entries_, connection.first_ns);
    const auto size = static_cast<std::size_t>(pen.at() - written_.data());

    std::uint32_t id = static_cast<std::uint32_t>(places_.size());
    if (free_places_.empty()) {
        places_.emplace_back();
    } else {
        id = free_places_.back();
        free_places_.pop_back();
    }
    Place& place = places_[id];
    std::memcpy(room_for(size, place), written_.data(), size);
    place.number = connection.number;
    ++size_;
    if (arrivals_.size() > 2 * size_ + 1024) {
        // Those that come back again and again would make the list grow.
        std::erase_if(arrivals_, [&](const Arrival& arrival) { return !is_here(arrival); });
    }
    place.arrival = ++arrival_;
    arrivals_.push_back({id, place.arrival});
    return id;
}

bool CompactStore::has_key(std::uint32_t id, const FlowKey& key) const {
    Eye eye(at(places_[id]));
    return take_key(eye) == key;
}

void CompactStore::read(std::uint32_t id, LiveConnection& connection,
                        std::vector<LogEntry>& log) const {
    Eye eye(at(places_[id]));
    connection.key = take_key(eye);
    take_words(eye, connection);
    log.clear();
    take_log(eye, log, connection.first_ns);
}

void CompactStore::remove(std::uint32_t id) {
    Place& place = places_[id];
    Block& block = blocks_[place.block];
    if (--block.records == 0 && place.block != filling_) {
        block.bytes.reset();
        free_blocks_.push_back(place.block);
    }
    place.number = 0;
    free_places_.push_back(id);
    --size_;
}

std::uint32_t CompactStore::oldest() {
    while (!is_here(arrivals_.front())) {
        arrivals_.pop_front();
    }
    return arrivals_.front().id;
}

std::size_t CompactStore::bytes() const {
    return (blocks_.size() - free_blocks_.size()) * kBlockBytes + places_.size() * sizeof(Place) +
           arrivals_.size() * sizeof(Arrival);
}

}  // namespace tcpdx::capture
