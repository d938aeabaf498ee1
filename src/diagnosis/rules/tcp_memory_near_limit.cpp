// net.ipv4.tcp_mem has three numbers, in pages, for the buffers of all TCP sockets of the host.
// Above the second the kernel is under pressure: it shrinks windows and buffers, so transfers get
// slow. At the third it drops data that arrives and aborts connections. Between the first and the
// second nothing happens until the second has been crossed once.

#include "diagnosis/rules/tcp_memory_near_limit.h"

#include <algorithm>
#include <unordered_map>

#include "base/i18n.h"
#include "diagnosis/counter_evidence.h"
#include "diagnosis/grouping.h"

namespace tcpdx::diagnosis {
namespace {

constexpr const char* kLimits = "net.ipv4.tcp_mem";
constexpr double kNearlyAll = 95;
constexpr std::size_t kShownPrograms = 3;

// Who has most bytes queued. The queues hold data only, without the kernel's overhead.
void add_largest_holders(const Observations& seen, Finding& finding) {
    std::unordered_map<std::uint32_t, std::uint64_t> queued;
    for (const Connection& connection : seen.connections) {
        if (!connection.is_listener() && connection.owner.process != kNoProcess) {
            queued[connection.owner.process] +=
                std::uint64_t{connection.receive_queue.value_or(0)} +
                connection.send_queue.value_or(0);
        }
    }
    std::vector<std::pair<std::uint32_t, std::uint64_t>> sorted(queued.begin(), queued.end());
    std::sort(sorted.begin(), sorted.end(), [](const auto& a, const auto& b) {
        return a.second != b.second ? a.second > b.second : a.first < b.first;
    });
    sorted.resize(std::min(sorted.size(), kShownPrograms));
    for (const auto& [process, bytes] : sorted) {
        if (bytes > 0 && process < seen.processes.size()) {
            finding.evidence.push_back({{N_("{0} has {1} waiting in its sockets' queues"),
                                         {name_of(seen.processes[process]), Bytes{bytes}}},
                                        Origin::SocketTable,
                                        "ss -tanpm"});
        }
    }
}

std::vector<Finding> evaluate(const Situation& situation) {
    const Observations& seen = situation.now;
    const auto pages = seen.totals.memory_pages;
    const auto pressure = seen.options.number(kLimits, 1);
    const auto maximum = seen.options.number(kLimits, 2);
    if (!pages || !pressure || !maximum || *pressure <= 0 || *maximum <= 0 ||
        !counters_concern(situation.asked)) {
        return {};
    }
    const auto used = static_cast<double>(*pages);
    const double of_pressure = 100.0 * used / static_cast<double>(*pressure);
    const double of_maximum = 100.0 * used / static_cast<double>(*maximum);
    if (of_pressure < situation.limits.resource_used_percent) {
        return {};
    }
    Finding finding;
    finding.severity = of_maximum >= kNearlyAll ? Severity::Problem : Severity::Warning;
    if (of_maximum >= kNearlyAll) {
        finding.claim = {N_("TCP has used up its memory ({0} of the maximum): data and connections "
                            "are dropped."),
                         {Percent{of_maximum}}};
    } else if (of_pressure >= 100) {
        finding.claim = {
            N_("TCP is short of memory ({0} of the maximum): the kernel shrinks buffers and "
               "windows."),
            {Percent{of_maximum}}};
    } else {
        finding.claim = {N_("TCP memory is at {0} of the amount from which the kernel saves."),
                         {Percent{of_pressure}}};
    }
    const auto count = static_cast<std::int64_t>(*pages);
    finding.evidence.push_back(
        seen.page_bytes
            ? Observation{{N_("{0} pages ({1}) in the buffers of TCP sockets, over all namespaces"),
                           {count, Bytes{*pages * *seen.page_bytes}}},
                          Origin::Counter,
                          "cat /proc/net/sockstat"}
            : Observation{
                  {N_("{0} pages in the buffers of TCP sockets, over all namespaces"), {count}},
                  Origin::Counter,
                  "cat /proc/net/sockstat"});
    finding.evidence.push_back(option_value(seen, kLimits));
    for (const char* counter : {"TcpExtTCPMemoryPressures", "TcpExtTCPAbortOnMemory",
                                "TcpExtPruneCalled", "TcpExtTCPRcvQDrop"}) {
        if (rose(situation, counter)) {
            finding.evidence.push_back(rise_of(situation, counter));
        }
    }
    add_largest_holders(seen, finding);
    finding.advice = {
        {N_("Look first at sockets with much unread data: a program that does not read holds "
            "memory for nothing.")},
        {N_("Raise the second and third number of net.ipv4.tcp_mem when the host has memory to "
            "spare, or lower the third number of net.ipv4.tcp_rmem and net.ipv4.tcp_wmem.")}};
    return {finding};
}

}  // namespace

const Rule kTcpMemoryNearLimit{
    .id = "tcp-memory-near-limit",
    .title = N_("The buffers of TCP sockets come near the memory that the kernel allows them."),
    .evaluate = evaluate,
};

}  // namespace tcpdx::diagnosis
