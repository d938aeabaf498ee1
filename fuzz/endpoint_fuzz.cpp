// Two connections wired together, while the input makes calls, loses, repeats and reorders their
// segments, and forges others. Whatever it does, both have to stay consistent, send nothing that
// the other's window does not allow for, and keep no timer when they are closed; and while nothing
// is forged, what one reads is what the other wrote.

#include <cstdint>
#include <cstdlib>
#include <deque>
#include <vector>

#include "endpoint/connection.h"

namespace {

using namespace tcpdx;
using namespace tcpdx::endpoint;

void require(bool condition) {
    if (!condition) {
        std::abort();
    }
}

// Reads numbers from the input; zeros when it is used up.
class Choices {
public:
    explicit Choices(std::span<const std::uint8_t> bytes) : bytes_(bytes) {}
    [[nodiscard]] bool over() const { return bytes_.empty(); }
    std::uint8_t byte() {
        if (bytes_.empty()) {
            return 0;
        }
        const std::uint8_t first = bytes_[0];
        bytes_ = bytes_.subspan(1);
        return first;
    }
    std::uint16_t word() { return static_cast<std::uint16_t>(byte() << 8 | byte()); }

private:
    std::span<const std::uint8_t> bytes_;
};

struct Segment {
    wire::TcpSegment header;
    std::vector<std::byte> payload;
};

FourTuple tuple(std::uint16_t local, std::uint16_t remote) {
    return {.local = {.address = IpAddress::v4(1), .port = local},
            .remote = {.address = IpAddress::v4(2), .port = remote}};
}

class World {
public:
    explicit World(std::uint8_t kind)
        : settings_((kind & 1) != 0 ? linux_settings() : rfc_settings()) {
        settings_.sack = (kind & 2) != 0;
        settings_.timestamps = (kind & 4) != 0;
        settings_.ecn = (kind & 8) != 0;
        settings_.rfc5961 = (kind & 16) == 0;
        settings_.keep_alive = (kind & 32) != 0;
        settings_.receive_buffer = (kind & 64) != 0 ? 65535 : 3000;
        settings_.send_buffer = 20000;
        ends_.emplace_back(settings_, tuple(1, 2));
        ends_.emplace_back(settings_, tuple(2, 1));
        ends_[0].open(now_, 0xffffff80);
        if ((kind & 128) != 0) {
            ends_[1].open(now_, 0x7fffffc0);
        }
    }

    void step(Choices& choices) {
        const std::uint8_t what = choices.byte();
        const std::size_t side = what & 1U;
        Connection& end = ends_[side];
        std::vector<std::byte> room(4000);
        switch ((what >> 1) % 14) {
            case 0:
                write(side, choices.word() % 4000, (what & 128) != 0);
                break;
            case 1:
                read(side, choices.word() % 4000);
                break;
            case 2:
                (void)end.close(now_).has_value();
                break;
            case 3:
                (void)end.shutdown_send(now_).has_value();
                break;
            case 4:
                end.shutdown_receive(now_);
                break;
            case 5:
                if ((what & 128) != 0) {
                    end.abort(now_);
                }
                break;
            case 6:
            case 7:
                collect(side, choices.byte());
                break;
            case 8:
            case 9:
                deliver(side, choices.byte());
                break;
            case 10:
                forge(side, choices);
                break;
            case 11:
                pass(std::chrono::milliseconds(choices.word()));
                break;
            case 12:
                pass(std::chrono::seconds(choices.word()));
                break;
            case 13:
                end.set_nagle((what & 128) != 0, now_);
                end.path_mtu(choices.word(), end.sender().una(), now_);
                break;
        }
        check();
    }

private:
    static constexpr unsigned kAll = 255;
    // Every byte says where in the stream it is.
    void write(std::size_t side, std::size_t size, bool urgent) {
        std::vector<std::byte> data(size);
        for (std::size_t i = 0; i < size; ++i) {
            data[i] = static_cast<std::byte>((written_[side] + i) % 251);
        }
        written_[side] += ends_[side].send(data, now_, urgent).value_or(0);
    }
    void read(std::size_t side, std::size_t size) {
        std::vector<std::byte> data(size);
        const std::size_t count = ends_[side].read(data, now_).value_or(0);
        for (std::size_t i = 0; i < count && !forged_; ++i) {
            require(data[i] == static_cast<std::byte>((read_[side] + i) % 251));
        }
        read_[side] += count;
        require(forged_ || read_[side] <= written_[1 - side]);
    }
    void collect(std::size_t side, unsigned count) {
        std::vector<std::byte> room(70000);
        for (unsigned i = 0; i <= count; ++i) {
            const auto output = ends_[side].poll_output(now_, room);
            if (!output) {
                break;
            }
            const auto payload = output->segment.payload;
            // Nothing beyond the window, but for the octet that probes a closed one.
            const Sender& sender = ends_[side].sender();
            const std::uint32_t edge = sender.una() + std::max(sender.window(), 1U);
            const std::uint32_t segment_end =
                output->segment.sequence + static_cast<std::uint32_t>(payload.size());
            require(payload.empty() || static_cast<std::int32_t>(segment_end - edge) <= 0);
            wire_[1 - side].push_back({output->segment, {payload.begin(), payload.end()}});
            check();
        }
        // What comes out has an end: nothing is sent for ever at one time.
        for (int more = 0; count == kAll && ends_[side].poll_output(now_, room); ++more) {
            require(more < 5000);
        }
    }
    void deliver(std::size_t side, unsigned how) {
        auto& queue = wire_[side];
        if (queue.empty()) {
            return;
        }
        const std::size_t place = (how >> 2) % queue.size();
        const Segment segment = queue[place];
        if ((how & 1U) == 0) {  // otherwise it will come again
            queue.erase(queue.begin() + static_cast<std::ptrdiff_t>(place));
        }
        if ((how & 3U) != 2) {  // otherwise it is lost
            receive(side, segment);
        }
    }
    void receive(std::size_t side, const Segment& segment) {
        wire::TcpSegment whole = segment.header;
        whole.payload = segment.payload;
        Connection& end = ends_[side];
        if (side == 1 && !opened_ && end.state() == TcpState::Closed && whole.flags.syn &&
            !whole.flags.ack && end.sender().iss() == 0) {
            opened_ = true;
            end.open_passively(whole, wire::Ecn::NotCapable, now_, 0x7fffffc0);
        } else {
            end.receive(whole, static_cast<wire::Ecn>(segment.header.urgent_pointer & 3U), now_);
        }
    }
    void forge(std::size_t side, Choices& choices) {
        const Connection& victim = ends_[side];
        const std::uint8_t flags = choices.byte();
        forged_ = true;
        const auto offset = [&choices] {
            const std::uint16_t word = choices.word();
            return static_cast<std::uint32_t>(static_cast<std::int16_t>(word)) *
                   ((word & 1U) != 0 ? 1U : 65521U);
        };
        Segment forged{.header = {.sequence = victim.receiver().next() + offset(),
                                  .acknowledgment = victim.sender().una() + offset(),
                                  .window = choices.word(),
                                  .urgent_pointer = choices.word(),
                                  .flags = {.fin = (flags & 1) != 0,
                                            .syn = (flags & 2) != 0,
                                            .rst = (flags & 4) != 0,
                                            .psh = false,
                                            .ack = (flags & 16) != 0,
                                            .urg = (flags & 32) != 0,
                                            .ece = (flags & 64) != 0,
                                            .cwr = (flags & 128) != 0}},
                       .payload = std::vector<std::byte>(choices.byte() * 7U)};
        const std::uint8_t options = choices.byte();
        if ((options & 1) != 0) {
            forged.header.options.timestamps =
                wire::TcpTimestamps{.value = offset(), .echo_reply = offset()};
        }
        if ((options & 2) != 0) {
            forged.header.options.max_segment_size = choices.word();
            forged.header.options.window_shift = choices.byte();
            forged.header.options.sack_permitted = true;
        }
        for (; (options & 4) != 0 && forged.header.options.sack_blocks < 3;
             ++forged.header.options.sack_blocks) {
            forged.header.options.sack[forged.header.options.sack_blocks] = {
                .left = victim.sender().una() + offset(),
                .right = victim.sender().una() + offset()};
        }
        receive(side, forged);
    }
    void pass(Duration duration) {
        const Time until = now_ + duration;
        for (int steps = 0; steps < 100; ++steps) {
            std::optional<Time> next;
            for (const Connection& end : ends_) {
                const auto deadline = end.next_deadline();
                next = deadline && (!next || *deadline < *next) ? deadline : next;
            }
            if (!next || *next > until) {
                break;
            }
            now_ = std::max(now_, *next);
            for (std::size_t side = 0; side < 2; ++side) {
                ends_[side].advance_time(now_);
                // A timer that has run is not due again at the same time.
                require(!ends_[side].next_deadline() || *ends_[side].next_deadline() > now_);
                collect(side, kAll);
            }
        }
        now_ = std::max(now_, until);
        for (std::size_t side = 0; side < 2; ++side) {
            ends_[side].advance_time(now_);
            collect(side, kAll);
        }
    }
    void check() {
        for (Connection& end : ends_) {
            require(end.is_consistent());
            while (end.poll_event()) {
            }
        }
    }

    Settings settings_;
    std::deque<Connection> ends_;
    std::deque<Segment> wire_[2];
    Time now_{std::chrono::seconds(100)};
    bool opened_ = false;
    bool forged_ = false;  // so that what arrives need not be what was sent
    std::uint64_t written_[2] = {};
    std::uint64_t read_[2] = {};
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    Choices choices(std::span(data, std::min<std::size_t>(size, 4096)));
    World world(choices.byte());
    while (!choices.over()) {
        world.step(choices);
    }
    return 0;
}
