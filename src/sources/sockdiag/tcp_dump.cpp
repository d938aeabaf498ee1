#include "sources/sockdiag/tcp_dump.h"

#include <libmnl/libmnl.h>
#include <linux/inet_diag.h>
#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <cstring>

#include "base/i18n.h"
#include "sources/sockdiag/inet_diag_message.h"
#include "sources/sockdiag/netlink_socket.h"

namespace tcpdx::sockdiag {
namespace {

constexpr int kAttempts = 3;

// Inverse of tcp_state_of_kernel(), as a mask for idiag_states.
std::uint32_t kernel_states(StateSet states) {
    std::uint32_t mask = 0;
    for (unsigned number = 1; number < 32; ++number) {
        const auto state = tcp_state_of_kernel(number);
        if (state && states.contains(*state)) {
            mask |= 1U << number;
        }
    }
    return mask;
}

std::uint8_t extensions(const DumpRequest& request) {
    unsigned mask = 0;
    if (request.tcp_info) {
        mask |= 1U << (INET_DIAG_INFO - 1);
    }
    if (request.memory) {
        mask |= 1U << (INET_DIAG_SKMEMINFO - 1);
    }
    if (request.congestion) {
        mask |= 1U << (INET_DIAG_CONG - 1);
    }
    return static_cast<std::uint8_t>(mask);
}

// TCPDIAG_GETSOCK is the older of two requests and the better one here: only it takes AF_UNSPEC,
// so that the kernel walks its tables once for both families.
std::vector<std::byte> make_request(const DumpRequest& request) {
    const std::vector<std::byte> bytecode = request.alternatives.empty()
                                                ? filter_bytecode(request.conditions)
                                                : filter_bytecode_of_any(request.alternatives);
    constexpr std::size_t kFixedBytes = 256;  // headers and attribute header, generously
    std::vector<std::byte> space(kFixedBytes + bytecode.size());
    nlmsghdr* header = mnl_nlmsg_put_header(space.data());
    header->nlmsg_type = TCPDIAG_GETSOCK;
    auto* body =
        static_cast<inet_diag_req*>(mnl_nlmsg_put_extra_header(header, sizeof(inet_diag_req)));
    body->idiag_family = AF_UNSPEC;
    body->idiag_ext = extensions(request);
    body->idiag_states = kernel_states(request.states);
    if (!bytecode.empty()) {
        mnl_attr_put(header, INET_DIAG_REQ_BYTECODE, bytecode.size(), bytecode.data());
    }
    return space;
}

Result<> dump_once(const DumpRequest& request, const ConnectionHandler& on_connection,
                   bool stop_on_change, DumpOutcome& outcome) {
    std::vector<std::byte> space = make_request(request);
    auto socket = TRY(NetlinkSocket::open(NETLINK_SOCK_DIAG));
    return std::move(socket).dump(
        *reinterpret_cast<nlmsghdr*>(space.data()), [&](const nlmsghdr& message) -> Result<> {
            if ((message.nlmsg_flags & NLM_F_DUMP_INTR) != 0) {
                outcome.table_changed = true;
                if (stop_on_change) {
                    return failure(ErrorCode::TryAgain,
                                   N_("the socket table changed during the dump"));
                }
            }
            const auto* payload = static_cast<const std::byte*>(mnl_nlmsg_get_payload(&message));
            auto connection = parse_inet_diag({payload, mnl_nlmsg_get_payload_len(&message)});
            if (!connection) {
                ++outcome.unreadable;
                return {};
            }
            ++outcome.sockets;
            on_connection(*connection);
            return {};
        });
}

}  // namespace

Result<DumpOutcome> dump_tcp(const DumpRequest& request, const ConnectionHandler& on_connection,
                             const std::function<void()>& on_restart) {
    for (int attempt = 1;; ++attempt) {
        const bool may_restart = on_restart && attempt < kAttempts;
        DumpOutcome outcome;
        const Result<> dumped = dump_once(request, on_connection, may_restart, outcome);
        if (!dumped && dumped.error().code != ErrorCode::TryAgain) {
            return unexpected(dumped.error());
        }
        if (dumped || !may_restart) {
            outcome.table_changed |= !dumped;
            return outcome;
        }
        on_restart();
    }
}

}  // namespace tcpdx::sockdiag
