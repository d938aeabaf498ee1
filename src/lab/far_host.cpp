#include "lab/far_host.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstring>

#include "lab/private_network.h"
#include "lab/prompt_thread.h"
#include "wire/checksum.h"

namespace tcpdx::lab {

using endpoint::Time;

namespace {

constexpr std::size_t kMostPackets = 100'000;

// "SYN+ACK", "FIN+ACK", "data 5"
std::string label_of(const wire::TcpSegment& segment) {
    const wire::TcpFlags& flags = segment.flags;
    std::string text;
    const auto add = [&text](bool set, const char* name) {
        if (set) {
            text += (text.empty() ? "" : "+") + std::string(name);
        }
    };
    add(flags.syn, "SYN");
    add(flags.fin, "FIN");
    add(flags.rst, "RST");
    add(flags.ack && (segment.payload.empty() || flags.fin), "ACK");
    if (!segment.payload.empty()) {
        text += (text.empty() ? "" : " ") + ("data " + std::to_string(segment.payload.size()));
    } else if (segment.window == 0 && !flags.rst && !flags.syn) {
        text += " win 0";
    }
    return text;
}

}  // namespace

FarHost::FarHost(TunDevice device, const endpoint::Settings& settings, KernelView kernel,
                 std::function<void()> before_segment)
    : device_(std::move(device)),
      stack_(settings),
      kernel_(std::move(kernel)),
      before_segment_(std::move(before_segment)),
      wakeup_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)),
      room_(65536),
      began_(now()),
      thread_([this] { run(); }) {}

FarHost::~FarHost() {
    stopping_ = true;
    wake();
    thread_.join();
}

Time FarHost::now() {
    return std::chrono::time_point_cast<endpoint::Duration>(std::chrono::steady_clock::now());
}

void FarHost::wake() {
    const std::uint64_t one = 1;
    (void)!::write(wakeup_.get(), &one, sizeof one);
}

void FarHost::run() {
    run_as_another_host();
    while (!stopping_) {
        int wait = 200;
        {
            const std::lock_guard lock(mutex_);
            Time next = now() + std::chrono::milliseconds(wait);
            next = std::min(next, stack_.next_deadline().value_or(next));
            for (const Delayed& each : delayed_) {
                next = std::min(next, each.due);
            }
            wait = static_cast<int>(std::max<std::int64_t>(
                std::chrono::ceil<std::chrono::milliseconds>(next - now()).count(), 0));
        }
        std::array<pollfd, 2> fds{pollfd{.fd = device_.fd(), .events = POLLIN, .revents = 0},
                                  pollfd{.fd = wakeup_.get(), .events = POLLIN, .revents = 0}};
        (void)::poll(fds.data(), fds.size(), wait);
        std::uint64_t ignored = 0;
        (void)!::read(wakeup_.get(), &ignored, sizeof ignored);
        const std::lock_guard lock(mutex_);
        turn();
    }
}

void FarHost::turn() {
    take_datagrams();
    deliver_due();
    stack_.advance_time(now());
    follow_states();
    send_datagrams();
    deliver_due();
}

void FarHost::take_datagrams() {
    std::vector<std::byte> datagram(room_.size());
    for (int i = 0; i < 64; ++i) {
        const auto size = device_.read(datagram);
        if (!size || *size == 0) {
            return;
        }
        const auto bytes = std::span(datagram).first(*size);
        if (packets_.size() < kMostPackets) {
            packets_.push_back(
                {std::chrono::system_clock::now(), std::vector(bytes.begin(), bytes.end())});
        }
        travel(LabEnd::Kernel, bytes);
        // One at a time, so that the ladder shows what answers what.
        send_datagrams();
    }
}

void FarHost::send_datagrams() {
    follow_states();
    while (const std::size_t size = stack_.poll_output(now(), room_)) {
        const std::vector<std::byte> datagram(room_.begin(),
                                              room_.begin() + static_cast<std::ptrdiff_t>(size));
        follow_states();
        travel(LabEnd::Peer, datagram);
    }
}

// To the router, and through it.
void FarHost::travel(LabEnd from, std::span<const std::byte> bytes) {
    const auto datagram = wire::parse_ip_datagram(bytes);
    if (!datagram) {
        return;
    }
    if (from == LabEnd::Kernel && datagram->header.hop_limit <= 1 &&
        datagram->header.destination != kRouterAddress) {
        answer_with_icmp(bytes, 11, 0);
        return;
    }
    if (datagram->header.protocol != wire::kProtocolTcp) {
        if (from == LabEnd::Kernel && datagram->header.protocol == wire::kProtocolIcmp) {
            answer_ping(*datagram);
        }
        return;
    }
    const auto segment = wire::parse_tcp(datagram->payload);
    // What is sent to any other address than the peer's finds nobody.
    if (!segment || (from == LabEnd::Kernel && datagram->header.destination != kPeerAddress)) {
        return;
    }
    const bool watched = is_watched(from, *segment);
    if (watched && before_segment_) {
        mutex_.unlock();
        before_segment_();
        mutex_.lock();
    }
    const Fate fate = rule_ ? rule_(from, *segment) : Fate::Passes;
    std::optional<std::size_t> rung;
    if (watched) {
        rung = rungs_.size();
        add_rung(from, *segment).lost = fate != Fate::Passes;
        read_kernel_state(rungs_.back());
        read_peer_state(rungs_.back());
    }
    switch (fate) {
        case Fate::Passes:
            if (delay_.count() > 0) {
                delayed_.push_back({now() + delay_, from, rung, {bytes.begin(), bytes.end()}});
                return;
            }
            deliver(from, rung, bytes);
            return;
        case Fate::GetsLost:
            return;
        case Fate::IsReset:
            answer_with_reset(*datagram, *segment);
            break;
        case Fate::IsRejected:
            answer_with_icmp(bytes, 3, 3);
            break;
        case Fate::IsProhibited:
            answer_with_icmp(bytes, 3, 13);
            break;
    }
    if (watched) {
        add_answer_of_router(fate);
    }
}

// The answer is on the ladder as from the peer's side, for that is where it comes from.
void FarHost::add_answer_of_router(Fate fate) {
    rungs_.push_back({.at = now() - began_,
                      .from = LabEnd::Peer,
                      .segment = fate == Fate::IsReset      ? "RST (router)"
                                 : fate == Fate::IsRejected ? "ICMP 3/3 (router)"
                                                            : "ICMP 3/13 (router)",
                      .call = {},
                      .caller = {},
                      .kernel = {},
                      .peer = {}});
    read_kernel_state(rungs_.back());
    read_peer_state(rungs_.back());
}

void FarHost::deliver_due() {
    while (!delayed_.empty() && delayed_.front().due <= now()) {
        const Delayed arrived = std::move(delayed_.front());
        delayed_.erase(delayed_.begin());
        deliver(arrived.from, arrived.rung, arrived.bytes);
    }
}

// The states on the ladder are the sender's after sending and the receiver's after receiving.
void FarHost::deliver(LabEnd from, std::optional<std::size_t> rung,
                      std::span<const std::byte> bytes) {
    if (from == LabEnd::Kernel) {
        stack_.receive(bytes, now());
        follow_states();
        if (rung) {
            read_peer_state(rungs_[*rung]);
        }
        return;
    }
    // The router takes one from the TTL, so that what it answers itself can be told apart.
    const auto datagram = wire::parse_ip_datagram(bytes);
    if (!datagram) {
        return;
    }
    std::vector<std::byte> forwarded(bytes.begin(), bytes.end());
    wire::IpHeader header = datagram->header;
    --header.hop_limit;
    wire::write_ip_header(header, datagram->payload.size(), forwarded);
    to_kernel(forwarded);
    if (rung) {
        read_kernel_state(rungs_[*rung]);
    }
}

void FarHost::to_kernel(std::span<const std::byte> bytes) {
    if (packets_.size() < kMostPackets) {
        packets_.push_back({std::chrono::system_clock::now(), {bytes.begin(), bytes.end()}});
    }
    (void)device_.write(bytes);
}

void FarHost::answer_ping(const wire::IpDatagram& ping) {
    if (ping.payload.size() < 8 || ping.payload[0] != std::byte{8}) {
        return;
    }
    std::vector<std::byte> answer(20 + ping.payload.size());
    const auto body = std::span(answer).subspan(20);
    std::copy(ping.payload.begin(), ping.payload.end(), body.begin());
    body[0] = body[2] = body[3] = std::byte{0};
    const std::uint16_t sum = wire::internet_checksum(body);
    body[2] = static_cast<std::byte>(sum >> 8U);
    body[3] = static_cast<std::byte>(sum & 0xFFU);
    const bool router = ping.header.destination == kRouterAddress;
    wire::write_ip_header({.source = ping.header.destination,
                           .destination = ping.header.source,
                           .protocol = wire::kProtocolIcmp,
                           .hop_limit = static_cast<std::uint8_t>(router ? 64 : 63)},
                          body.size(), answer);
    to_kernel(answer);
}

// RFC 792: the first eight bytes, then the datagram's header and eight bytes of what it carries.
void FarHost::answer_with_icmp(std::span<const std::byte> about, std::uint8_t type,
                               std::uint8_t code) {
    const auto quoted = about.first(std::min<std::size_t>(about.size(), 48));
    const auto datagram = wire::parse_ip_datagram(about);
    if (!datagram) {
        return;
    }
    std::vector<std::byte> answer(20 + 8 + quoted.size());
    const auto body = std::span(answer).subspan(20);
    body[0] = static_cast<std::byte>(type);
    body[1] = static_cast<std::byte>(code);
    std::copy(quoted.begin(), quoted.end(), body.begin() + 8);
    const std::uint16_t sum = wire::internet_checksum(body);
    body[2] = static_cast<std::byte>(sum >> 8U);
    body[3] = static_cast<std::byte>(sum & 0xFFU);
    wire::write_ip_header({.source = kRouterAddress,
                           .destination = datagram->header.source,
                           .protocol = wire::kProtocolIcmp},
                          body.size(), answer);
    to_kernel(answer);
}

// As the host itself would refuse, which is what such a firewall is there for.
void FarHost::answer_with_reset(const wire::IpDatagram& about, const wire::TcpSegment& segment) {
    wire::TcpSegment reset{.source_port = segment.destination_port,
                           .destination_port = segment.source_port};
    reset.flags.rst = reset.flags.ack = true;
    reset.acknowledgment = segment.sequence + static_cast<std::uint32_t>(segment.payload.size()) +
                           (segment.flags.syn ? 1U : 0U);
    std::vector<std::byte> answer(40);
    const auto body = std::span(answer).subspan(20);
    (void)wire::write_tcp(reset, body);
    const std::uint16_t sum =
        wire::tcp_checksum(about.header.destination, about.header.source, body);
    body[16] = static_cast<std::byte>(sum >> 8U);
    body[17] = static_cast<std::byte>(sum & 0xFFU);
    wire::write_ip_header({.source = about.header.destination, .destination = about.header.source},
                          20, answer);
    to_kernel(answer);
}

void FarHost::send_forged_syn(std::uint32_t source, std::uint16_t port, std::uint16_t to_port) {
    const std::lock_guard lock(mutex_);
    wire::TcpSegment syn{.source_port = port, .destination_port = to_port, .sequence = source};
    syn.flags.syn = true;
    syn.window = 1024;
    std::vector<std::byte> datagram(40);
    const auto body = std::span(datagram).subspan(20);
    (void)wire::write_tcp(syn, body);
    const std::uint16_t sum = wire::tcp_checksum(IpAddress::v4(source), kKernelAddress, body);
    body[16] = static_cast<std::byte>(sum >> 8U);
    body[17] = static_cast<std::byte>(sum & 0xFFU);
    wire::write_ip_header({.source = IpAddress::v4(source), .destination = kKernelAddress}, 20,
                          datagram);
    to_kernel(datagram);
}

// ---- what is seen -------------------------------------------------------------------------------

void FarHost::follow_states() {
    while (const auto event = stack_.poll_event()) {
        if (const endpoint::Connection* connection = stack_.find(event->connection)) {
            ports_[event->connection] = {connection->tuple().local.port,
                                         connection->tuple().remote.port};
        }
        const auto ports = ports_.find(event->connection);
        if (ports == ports_.end()) {
            continue;
        }
        if (event->event.change != nullptr) {
            states_[ports->second] = event->event.change->to;
        }
        if (event->event.kind == endpoint::EventKind::Failed) {
            states_[ports->second] = TcpState::Closed;
        }
    }
}

bool FarHost::is_watched(LabEnd from, const wire::TcpSegment& segment) const {
    return (from == LabEnd::Kernel
                ? Ports{segment.destination_port, segment.source_port}
                : Ports{segment.source_port, segment.destination_port}) == watched_;
}

LabRung& FarHost::add_rung(LabEnd from, const wire::TcpSegment& segment) {
    const bool takes_room = segment.flags.syn || segment.flags.fin || !segment.payload.empty();
    // A SYN and a SYN+ACK may have the same number, when both ends open at once.
    const std::uint64_t what = (std::uint64_t{segment.sequence} << 32U) |
                               (segment.payload.size() << 3U) |
                               (segment.flags.syn && segment.flags.ack ? 4U : 0U) |
                               (segment.flags.syn ? 2U : 0U) | (segment.flags.fin ? 1U : 0U);
    const bool again = takes_room && !seen_.insert({from == LabEnd::Peer, what}).second;
    // Right before what comes next: asks for an answer, about the window or a sign of life.
    const auto end = static_cast<std::uint32_t>(segment.sequence + segment.payload.size()) +
                     (segment.flags.syn ? 1U : 0U) + (segment.flags.fin ? 1U : 0U);
    std::uint32_t& next = next_sequence_.at(from == LabEnd::Kernel ? 0 : 1);
    const bool probe = !takes_room && !segment.flags.rst && segment.sequence + 1 == next;
    next = static_cast<std::int32_t>(end - next) > 0 || next == 0 ? end : next;
    rungs_.push_back({.at = now() - began_,
                      .from = from,
                      .segment = probe ? "ACK (probe)" : label_of(segment),
                      .again = again,
                      .call = {},
                      .caller = {},
                      .kernel = {},
                      .peer = {}});
    return rungs_.back();
}

void FarHost::read_kernel_state(LabRung& rung) {
    const auto socket = kernel_({kKernelAddress, watched_.second}, {kPeerAddress, watched_.first});
    rung.kernel = socket ? std::optional(socket->state) : std::nullopt;
}

void FarHost::read_peer_state(LabRung& rung) {
    const auto peer = states_.find(watched_);
    rung.peer = peer == states_.end() ? std::nullopt : std::optional(peer->second);
}

void FarHost::set_rule(RoadRule rule) {
    const std::lock_guard lock(mutex_);
    rule_ = std::move(rule);
}

void FarHost::set_delay(endpoint::Duration each_way) {
    const std::lock_guard lock(mutex_);
    delay_ = each_way;
    for (Delayed& each : delayed_) {
        each.due = std::min(each.due, now() + each_way);
    }
    wake();
}

void FarHost::watch(std::uint16_t kernel_port, std::uint16_t peer_port) {
    const std::lock_guard lock(mutex_);
    watched_ = {peer_port, kernel_port};
}

void FarHost::note_call(LabEnd caller, const std::string& call) {
    const std::lock_guard lock(mutex_);
    rungs_.push_back({.at = now() - began_,
                      .from = {},
                      .segment = {},
                      .call = call,
                      .caller = caller,
                      .kernel = {},
                      .peer = {}});
    read_kernel_state(rungs_.back());
    read_peer_state(rungs_.back());
}

std::optional<TcpState> FarHost::state(std::uint16_t peer_port, std::uint16_t kernel_port) {
    const std::lock_guard lock(mutex_);
    follow_states();
    const auto found = states_.find({peer_port, kernel_port});
    return found == states_.end() ? std::nullopt : std::optional(found->second);
}

std::optional<TcpState> FarHost::watched_state() {
    return state(watched_.first, watched_.second);
}

std::vector<LabRung> FarHost::rungs() {
    const std::lock_guard lock(mutex_);
    return rungs_;
}

std::vector<LabPacket> FarHost::take_packets() {
    const std::lock_guard lock(mutex_);
    return std::exchange(packets_, {});
}

// ---- programs on the host -----------------------------------------------------------------------

FarHost::Handle FarHost::listen(std::uint16_t port, unsigned backlog) {
    const std::lock_guard lock(mutex_);
    return stack_.listen({kPeerAddress, port}, backlog).value_or(Handle{});
}

std::optional<FarHost::Handle> FarHost::accept(Handle listener) {
    const std::lock_guard lock(mutex_);
    return stack_.accept(listener);
}

std::optional<FarHost::Handle> FarHost::connect(std::uint16_t from_port, std::uint16_t to_port) {
    const std::lock_guard lock(mutex_);
    const auto id = stack_.connect({kPeerAddress, from_port}, {kKernelAddress, to_port}, now());
    wake();
    return id ? std::optional(*id) : std::nullopt;
}

std::size_t FarHost::send(Handle id, std::string_view text) {
    const std::lock_guard lock(mutex_);
    const auto sent = stack_.send(id, std::as_bytes(std::span(text)), now());
    wake();
    return sent.value_or(0);
}

std::size_t FarHost::read(Handle id) {
    const std::lock_guard lock(mutex_);
    std::array<std::byte, 4096> bytes{};
    const auto got = stack_.read(id, bytes, now());
    wake();
    return got.value_or(0);
}

void FarHost::close(Handle id) {
    const std::lock_guard lock(mutex_);
    stack_.close(id, now());
    wake();
}

void FarHost::shutdown_send(Handle id) {
    const std::lock_guard lock(mutex_);
    (void)stack_.shutdown_send(id, now());
    wake();
}

void FarHost::abort(Handle id) {
    const std::lock_guard lock(mutex_);
    stack_.abort(id, now());
    wake();
}

}  // namespace tcpdx::lab
