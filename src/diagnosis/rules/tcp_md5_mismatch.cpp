// A listener can demand a signature (TCP-MD5, RFC 2385; BGP uses it) from certain peers. A segment
// from such a peer without it, or with a wrong one, is dropped without an answer: the client sees a
// timeout on SYN, ACK and FIN alike, as from a packet filter (facts: row s).

#include "diagnosis/rules/tcp_md5_mismatch.h"

#include "base/i18n.h"
#include "diagnosis/counter_evidence.h"

namespace tcpdx::diagnosis {
namespace {

// One peer that tries to connect sends as many SYNs in the first three seconds.
constexpr std::uint64_t kOnePeer = 3;

struct Mismatch {
    const char* counter;
    const char* meaning;
};
constexpr Mismatch kMismatches[] = {
    {"TcpExtTCPMD5NotFound",
     N_("A peer whose segments must be signed (TCP-MD5) sends them without a signature.")},
    {"TcpExtTCPMD5Failure", N_("A peer signs its segments (TCP-MD5) with another key.")},
    {"TcpExtTCPMD5Unexpected",
     N_("A peer signs its segments (TCP-MD5), and this host has no key for it.")},
};

std::vector<Finding> evaluate(const Situation& situation) {
    std::vector<Finding> findings;
    if (!counters_concern(situation.asked)) {
        return findings;
    }
    for (const Mismatch& mismatch : kMismatches) {
        if (!rose(situation, mismatch.counter)) {
            continue;
        }
        Finding finding;
        finding.severity = *situation.increase(mismatch.counter) >= kOnePeer ? Severity::Problem
                                                                             : Severity::Warning;
        finding.claim = {mismatch.meaning};
        finding.evidence = {
            rise_of(situation, mismatch.counter),
            {{N_("the kernel drops such segments without an answer, so the peer sees a timeout")},
             Origin::Counter,
             ""}};
        finding.unknown = {
            {N_("which peer it is: the kernel log names it, or a capture of SYNs "
                "that get no answer")}};
        finding.advice = {
            {N_("Compare the keys and peer addresses on both ends. ss -tanei shows md5keys of "
                "listeners to root.")},
            {N_("The key belongs to an address: behind NAT or from another source address it does "
                "not match.")}};
        findings.push_back(std::move(finding));
    }
    return findings;
}

}  // namespace

const Rule kTcpMd5Mismatch{
    .id = "tcp-md5-mismatch",
    .title = N_("Segments are dropped because their TCP-MD5 signature is missing or wrong."),
    .evaluate = evaluate,
};

}  // namespace tcpdx::diagnosis
