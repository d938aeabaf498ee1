// The filter language of inet_diag (linux/inet_diag.h, inet_diag_bc_run in net/ipv4/inet_diag.c).
//
// A program is a row of operations. Each says how many bytes to go on when it holds (`yes`) and
// when it does not (`no`). A socket passes when the run ends exactly at the end of the program, and
// is refused when it jumps four bytes beyond it. So a conjunction is a row of tests whose `no`
// points there.
#include <linux/inet_diag.h>
#include <sys/socket.h>

#include <cstddef>
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

// Points the `no` of every test from `begin` on to `target`.
void point_tests_at(std::vector<std::byte>& program, std::size_t begin, std::size_t target) {
    for (std::size_t at = begin; at < program.size();) {
        inet_diag_bc_op operation{};
        std::memcpy(&operation, program.data() + at, sizeof(operation));
        operation.no = static_cast<__u16>(target - at);
        std::memcpy(program.data() + at, &operation, sizeof(operation));
        at += operation.yes;
    }
}

void append_tests(std::vector<std::byte>& program, const std::vector<EndCondition>& conditions) {
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
}

}  // namespace

std::vector<std::byte> filter_bytecode(const std::vector<EndCondition>& conditions) {
    std::vector<std::byte> program;
    append_tests(program, conditions);
    point_tests_at(program, 0, program.size() + kOperationBytes);
    return program;
}

// A test that fails goes on with the next alternative. Behind the tests of each but the last stands
// a jump to the end, which is where a socket passes.
std::vector<std::byte> filter_bytecode_of_any(
    const std::vector<std::vector<EndCondition>>& alternatives) {
    std::vector<std::byte> program;
    std::vector<std::size_t> jumps;
    for (const auto& conditions : alternatives) {
        const std::size_t begin = program.size();
        append_tests(program, conditions);
        if (program.size() == begin || program.size() > kMaxBytes) {
            return {};  // everything passes here, or it gets too long to refuse anything
        }
        // Beyond the jump, or for the last alternative, beyond the end: both are one operation on.
        point_tests_at(program, begin, program.size() + kOperationBytes);
        if (&conditions == &alternatives.back()) {
            break;
        }
        jumps.push_back(program.size());
        const inet_diag_bc_op jump{.code = INET_DIAG_BC_JMP, .yes = kOperationBytes, .no = 0};
        append(program, &jump, sizeof(jump));
    }
    for (const std::size_t at : jumps) {
        const auto distance = static_cast<__u16>(program.size() - at);
        std::memcpy(program.data() + at + offsetof(inet_diag_bc_op, no), &distance,
                    sizeof(distance));
    }
    return program;
}

}  // namespace tcpdx::sockdiag
