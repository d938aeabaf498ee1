// SYNs that were answered by a reset or an ICMP error. A firewall can forge the reset of a server;
// the hops that a packet has left give it away, when the real server's packets are there to
// compare.

#include "diagnosis/rules/capture_refused.h"

#include <map>

#include "base/i18n.h"
#include "diagnosis/capture_evidence.h"
#include "diagnosis/evidence.h"

namespace tcpdx::diagnosis {
namespace {

std::map<IpAddress, std::uint8_t> hop_limits(const Captured& captured) {
    std::map<IpAddress, std::uint8_t> hops;
    for (const auto& [address, host] : captured.compact_sums.hosts) {
        if (host.hop_limit != 0) {
            hops[address] = host.hop_limit;
        }
    }
    for (const CapturedConnection& connection : captured.connections) {
        for (const CapturedEnd& end : connection.ends) {
            if (end.sent.payload_bytes > 0 && end.sent.hop_limit != 0) {
                hops[end.address.address] = end.sent.hop_limit;
            }
        }
    }
    return hops;
}

Finding by_reset(const Situation& situation,
                 const std::vector<const CapturedConnection*>& refused) {
    const auto groups = grouped(refused, 1);
    const CapturedGroup& worst = groups.front();
    const auto hops = hop_limits(*situation.now.captured);
    Finding finding;
    finding.severity = Severity::Warning;
    if (groups.size() == 1) {
        finding.claim = {N_("Connection attempts to {1} were refused with RST: {0}."),
                         {count_of(refused.size()), worst.address}};
    } else {
        finding.claim = {N_("Connection attempts were refused with RST: {0}, by {1} and further "
                            "addresses: {2}."),
                         {count_of(refused.size()), worst.address, count_of(groups.size() - 1)}};
    }
    add_groups(finding, situation, groups);
    const CapturedEnd& server = worst.members.front()->ends[1];
    const auto usual = hops.find(server.address.address);
    const bool forged = usual != hops.end() && usual->second != server.sent.hop_limit;
    if (forged) {
        finding.evidence.push_back(
            {.fact = {N_("the RST came with {0} hops left, other packets of {1} with {2}: a device "
                         "in between sent it"),
                      {std::int64_t{server.sent.hop_limit}, server.address.address,
                       std::int64_t{usual->second}}},
             .origin = Origin::Packet});
    } else {
        finding.candidates = {
            {{N_("Nothing listens on that address and port.")},
             {N_("the port is not among the server's listeners")},
             "tcpdx diagnose :" + std::to_string(server.address.port)},
            {{N_("A filter rejects it with RST in the server's name.")},
             {N_("something listens there, and the RST has other hops left than data")},
             {}}};
    }
    finding.advice.push_back(
        {N_("Look on the server whether its program runs and listens on that address.")});
    return finding;
}

Finding by_icmp(const Situation& situation, const std::vector<const CapturedConnection*>& refused) {
    const auto groups = grouped(refused, 1);
    const CapturedGroup& worst = groups.front();
    Finding finding;
    finding.severity = Severity::Problem;
    if (groups.size() == 1) {
        finding.claim = {N_("Connection attempts to {1} were refused with an ICMP error: {0}."),
                         {count_of(refused.size()), worst.address}};
    } else {
        finding.claim = {N_("Connection attempts were refused with an ICMP error: {0}, to {1} and "
                            "further addresses: {2}."),
                         {count_of(refused.size()), worst.address, count_of(groups.size() - 1)}};
    }
    add_groups(finding, situation, groups);
    for (const CapturedSegment& segment : worst.members.front()->segments) {
        if (segment.mark == SegmentMark::IcmpError) {
            finding.evidence.push_back(captured_fact(
                situation, *worst.members.front(),
                {N_("ICMP type {0}, code {1}"),
                 {std::int64_t{segment.icmp_type}, std::int64_t{segment.icmp_code}}}));
            break;
        }
    }
    finding.advice.push_back(
        {N_("The sender of the ICMP error is the device that refuses: a filter with a REJECT rule, "
            "or a router without a route.")});
    return finding;
}

std::vector<Finding> evaluate(const Situation& situation) {
    if (!situation.now.captured) {
        return {};
    }
    std::vector<const CapturedConnection*> reset;
    std::vector<const CapturedConnection*> icmp;
    for (const CapturedConnection& connection : situation.now.captured->connections) {
        if (connection.outcome == CapturedOutcome::Refused) {
            reset.push_back(&connection);
        } else if (connection.outcome == CapturedOutcome::RefusedIcmp) {
            icmp.push_back(&connection);
        }
    }
    std::vector<Finding> findings;
    if (!reset.empty()) {
        findings.push_back(by_reset(situation, reset));
    }
    if (!icmp.empty()) {
        findings.push_back(by_icmp(situation, icmp));
    }
    return findings;
}

}  // namespace

const Rule kCaptureRefused{.id = "capture-refused",
                           .title = N_("Captured connection attempts that were refused"),
                           .evaluate = evaluate};

}  // namespace tcpdx::diagnosis
