#include "sources/capture/live_capture.h"

#include <poll.h>

#include <array>

#include "base/i18n.h"

namespace tcpdx::capture {
namespace {

constexpr int kSnapLength = 262144;
constexpr int kBufferBytes = 16 << 20;
constexpr int kWaitMs = 200;

tl::unexpected<Error> pcap_failure(pcap_t* handle, int status, const std::string& about) {
    const bool denied =
        status == PCAP_ERROR_PERM_DENIED || status == PCAP_ERROR_PROMISC_PERM_DENIED;
    return tl::unexpected(
        Error{.code = denied ? ErrorCode::PermissionDenied : ErrorCode::System,
              .doing = N_("capturing packets"),
              .os_error = 0,
              .about = about + ": " + (denied ? pcap_statustostr(status) : pcap_geterr(handle))});
}

// DLT_ numbers of this system are LINKTYPE_ numbers of files but for a few.
std::uint32_t link_type_of(int dlt) {
    constexpr int kDltRaw = 12;
    return dlt == kDltRaw ? 101U : static_cast<std::uint32_t>(dlt);
}

}  // namespace

LiveCapture::LiveCapture(Owned<pcap_t, pcap_close> handle) : handle_(std::move(handle)) {}

Result<LiveCapture> LiveCapture::open(const std::string& interface, const std::string& expression) {
    std::array<char, PCAP_ERRBUF_SIZE> problem{};
    Owned<pcap_t, pcap_close> handle(pcap_create(interface.c_str(), problem.data()));
    if (!handle) {
        return failure(ErrorCode::System, problem.data());
    }
    pcap_set_snaplen(handle.get(), kSnapLength);
    pcap_set_promisc(handle.get(), 0);
    pcap_set_timeout(handle.get(), kWaitMs);
    pcap_set_buffer_size(handle.get(), kBufferBytes);
    const bool nanoseconds =
        pcap_set_tstamp_precision(handle.get(), PCAP_TSTAMP_PRECISION_NANO) == 0;
    if (const int status = pcap_activate(handle.get()); status < 0) {
        return pcap_failure(handle.get(), status, interface);
    }
    if (!expression.empty()) {
        bpf_program program{};
        if (pcap_compile(handle.get(), &program, expression.c_str(), 1, PCAP_NETMASK_UNKNOWN) < 0) {
            Error error{.code = ErrorCode::Usage, .doing = pcap_geterr(handle.get())};
            return tl::unexpected(std::move(error));
        }
        const int status = pcap_setfilter(handle.get(), &program);
        pcap_freecode(&program);
        if (status < 0) {
            return pcap_failure(handle.get(), status, interface);
        }
    }
    LiveCapture live(std::move(handle));
    live.link_type_ = link_type_of(pcap_datalink(live.handle_.get()));
    live.nanoseconds_ = nanoseconds;
    return live;
}

Result<> LiveCapture::run(const std::function<void(const PacketRecord&)>& on_packet,
                          const std::function<bool()>& stopped) {
    struct Hand {
        const std::function<void(const PacketRecord&)>& on_packet;
        std::uint32_t link_type;
        std::int64_t fraction_ns;
    };
    Hand hand{on_packet, link_type_, nanoseconds_ ? 1 : 1000};
    const auto take = [](u_char* user, const pcap_pkthdr* head, const u_char* bytes) {
        const Hand& to = *reinterpret_cast<Hand*>(user);
        to.on_packet({.bytes = std::as_bytes(std::span(bytes, head->caplen)),
                      .wire_bytes = head->len,
                      .time_ns = std::int64_t{head->ts.tv_sec} * 1'000'000'000 +
                                 std::int64_t{head->ts.tv_usec} * to.fraction_ns,
                      .link_type = to.link_type});
    };
    // Not by libpcap's own timeout: with the kernel's ring it only runs once a packet has come.
    std::array<char, PCAP_ERRBUF_SIZE> problem{};
    if (pcap_setnonblock(handle_.get(), 1, problem.data()) < 0) {
        return failure(ErrorCode::System, problem.data());
    }
    pollfd ready{.fd = pcap_get_selectable_fd(handle_.get()), .events = POLLIN, .revents = 0};
    while (!stopped()) {
        if (::poll(&ready, 1, kWaitMs) < 0 && errno != EINTR) {
            return os_failure(N_("capturing packets"));
        }
        const int status =
            pcap_dispatch(handle_.get(), 1000, take, reinterpret_cast<u_char*>(&hand));
        if (status < 0 && status != PCAP_ERROR_BREAK) {
            return pcap_failure(handle_.get(), status, "");
        }
    }
    return {};
}

std::uint64_t LiveCapture::dropped() const {
    pcap_stat counts{};
    return pcap_stats(handle_.get(), &counts) == 0 ? counts.ps_drop : 0;
}

Result<PacketFilter> PacketFilter::compile(const std::string& expression) {
    PacketFilter filter(expression);
    // Whether it is a filter at all shows on any link type.
    Owned<pcap_t, pcap_close> any(pcap_open_dead(DLT_RAW, kSnapLength));
    bpf_program program{};
    if (!any ||
        pcap_compile(any.get(), &program, expression.c_str(), 1, PCAP_NETMASK_UNKNOWN) < 0) {
        return tl::unexpected(Error{.code = ErrorCode::Usage,
                                    .doing = any ? pcap_geterr(any.get()) : "pcap_open_dead"});
    }
    pcap_freecode(&program);
    return filter;
}

bool PacketFilter::matches(const PacketRecord& packet) {
    std::unique_ptr<Program>& program = programs_[packet.link_type];
    if (!program) {
        program = std::make_unique<Program>();
        const int dlt = packet.link_type == 101 ? DLT_RAW : static_cast<int>(packet.link_type);
        Owned<pcap_t, pcap_close> handle(pcap_open_dead(dlt, kSnapLength));
        program->good = handle && pcap_compile(handle.get(), &program->code, expression_.c_str(), 1,
                                               PCAP_NETMASK_UNKNOWN) == 0;
    }
    if (!program->good) {
        return false;  // "ether host" has no meaning on this link type
    }
    pcap_pkthdr head{};
    head.caplen = static_cast<bpf_u_int32>(packet.bytes.size());
    head.len = static_cast<bpf_u_int32>(packet.wire_bytes);
    return pcap_offline_filter(&program->code, &head,
                               reinterpret_cast<const u_char*>(packet.bytes.data())) != 0;
}

}  // namespace tcpdx::capture
