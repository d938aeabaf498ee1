// The filter language of inet_diag (linux/inet_diag.h, inet_diag_bc_run in net/ipv4/inet_diag.c).
//
// A program is a row of operations. Each says how many bytes to go on when it holds (`yes`) and
// when it does not (`no`). A socket passes when the run ends exactly at the end of the program, and
// is refused when it jumps four bytes beyond it. So a conjunction is a row of tests whose `no`
// points there.
#include <linux/inet_diag.h>
#include <sys/socket.h>

#include <algorithm>
#include <cstring>

#include "sources/sockdiag/tcp_dump.h"

namespace tcpdx::sockdiag {
namespace {

constexpr std::size_t kOperationBytes = sizeof(inet_diag_bc_op);
// `no` is 16 bits wide, so a longer program could not refuse from its start.
constexpr std::size_t kMaxBytes = 60000;

void append(std::vector<std::byte>& program, const void* bytes, std::size_t size) {
    const auto* from = static_cast<const std::byte*>(bytes);
    program.insert(program.end(), from, from + size);
}

// A port comparison takes its value from the operation that follows.
void append_port_test(std::vector<std::byte>& program, std::uint8_t code, std::uint16_t port) {
    const inet_diag_bc_op test{.code = code, .yes = 2 * kOperationBytes, .no = 0};
    const inet_diag_bc_op value{.code = INET_DIAG_BC_NOP, .yes = 0, .no = port};
    append(program, &test, sizeof(test));
    append(program, &value, sizeof(value));
}

void append_prefix_test(std::vector<std::byte>& program, std::uint8_t code,
                        const IpPrefix& prefix) {
    const bool v4 = prefix.address.is_v4_mapped() && prefix.bits >= 96;
    const std::size_t address_bytes = v4 ? 4 : 16;
    // An AF_INET condition also matches mapped addresses of IPv6 sockets, as IpPrefix does.
    const inet_diag_hostcond condition{
        .family = static_cast<__u8>(v4 ? AF_INET : AF_INET6),
        .prefix_len = static_cast<__u8>(v4 ? prefix.bits - 96 : prefix.bits),
        .port = -1};
    const std::size_t size = kOperationBytes + sizeof(condition) + address_bytes;
    const inet_diag_bc_op test{.code = code, .yes = static_cast<__u8>(size), .no = 0};
    append(program, &test, sizeof(test));
    append(program, &condition, sizeof(condition));
    append(program, prefix.address.bytes.data() + (v4 ? 12 : 0), address_bytes);
}

// Points every test's `no` beyond the end.
void close_program(std::vector<std::byte>& program) {
    for (std::size_t at = 0; at < program.size();) {
        inet_diag_bc_op operation{};
        std::memcpy(&operation, program.data() + at, sizeof(operation));
        operation.no = static_cast<__u16>(program.size() - at + kOperationBytes);
        std::memcpy(program.data() + at, &operation, sizeof(operation));
        at += operation.yes;
    }
}

}  // namespace

std::vector<std::byte> filter_bytecode(const std::vector<EndCondition>& conditions) {
    std::vector<std::byte> program;
    for (const EndCondition& condition : conditions) {
        const bool local = condition.end == EndCondition::End::Local;
        if (condition.lowest_port > 0) {
            append_port_test(program, local ? INET_DIAG_BC_S_GE : INET_DIAG_BC_D_GE,
                             condition.lowest_port);
        }
        if (condition.highest_port < UINT16_MAX) {
            append_port_test(program, local ? INET_DIAG_BC_S_LE : INET_DIAG_BC_D_LE,
                             condition.highest_port);
        }
        if (condition.prefix && condition.prefix->bits > 0) {
            append_prefix_test(program, local ? INET_DIAG_BC_S_COND : INET_DIAG_BC_D_COND,
                               *condition.prefix);
        }
        // Dropping a condition lists too much, which the caller's own filter mends.
        if (program.size() > kMaxBytes) {
            break;
        }
    }
    close_program(program);
    return program;
}

}  // namespace tcpdx::sockdiag
