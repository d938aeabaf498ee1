#include "diagnosis/reach/repeated_facts.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <string>

#include "base/i18n.h"

namespace tcpdx::diagnosis::reach {
namespace {

using std::chrono::milliseconds;
using Outcome = ConnectAttempt::Outcome;

// Ports in a sentence; the rest is in the report.
constexpr std::size_t kMostPortsTold = 8;

Value number(std::uint64_t value) {
    return static_cast<std::int64_t>(value);
}

Observation seen(Message fact, Origin origin = Origin::Probe) {
    return {.fact = std::move(fact), .origin = origin, .check = {}};
}

bool got_an_answer(Exchange::Outcome talk) {
    return talk == Exchange::Outcome::Answered || talk == Exchange::Outcome::OtherAnswer;
}

bool got_none(Exchange::Outcome talk) {
    return talk == Exchange::Outcome::Silence || talk == Exchange::Outcome::NotAcknowledged;
}

std::string told(const std::vector<std::uint16_t>& ports) {
    std::string text;
    for (std::size_t i = 0; i < ports.size() && i < kMostPortsTold; ++i) {
        text += (i == 0 ? "" : ", ") + std::to_string(ports[i]);
    }
    return ports.size() > kMostPortsTold ? text + ", …" : text;
}

void tell_ports(const char* text, const std::vector<std::uint16_t>& ports, Facts& facts) {
    if (!ports.empty()) {
        facts.add_evidence(seen({text, {told(ports)}}));
    }
}

// What this host's own capture saw of the attempts that got no answer.
void add_captured(const std::vector<ConnectAttempt>& attempts, Facts& facts) {
    std::uint32_t watched = 0;
    std::uint32_t bare_acks = 0;
    std::uint32_t others = 0;
    for (const ConnectAttempt& each : attempts) {
        if (each.outcome == Outcome::NoAnswer && each.captured) {
            ++watched;
            bare_acks += each.captured->bare_acks > 0 ? 1U : 0U;
            others += each.captured->syn_acks + each.captured->resets > 0 ? 1U : 0U;
        }
    }
    if (watched == 0) {
        return;
    }
    if (bare_acks > 0) {
        facts.set(Feature::Captured, Captured::BareAck,
                  seen({N_("{0} of those without an answer got a bare ACK: the server still knows "
                           "another connection from that source port"),
                        {number(bare_acks)}},
                       Origin::Packet));
    } else if (others == 0) {
        facts.set(Feature::Captured, Captured::Nothing);
    }
}

void add_same_port(const RepeatedAttempts& repeated, Facts& facts) {
    if (repeated.same_port.empty()) {
        return;
    }
    const auto all = repeated.same_port.size();
    const auto again = static_cast<std::size_t>(std::count_if(
        repeated.same_port.begin(), repeated.same_port.end(),
        [](const ConnectAttempt& each) { return each.outcome != Outcome::Connected; }));
    Message fact{N_("{0} source ports that had failed were tried again, and {1} of them failed "
                    "again"),
                 {number(all), number(again)}};
    const auto which = tried_again(repeated);
    if (which == SamePort::FailsAgain && all > 1) {
        fact.text =
            N_("{0} source ports that had failed were tried again, and {1} of them failed "
               "again: it goes by the source port");
    }
    if (which) {
        facts.set(Feature::SamePort, *which, seen(std::move(fact)));
    } else {
        facts.add_evidence(seen(std::move(fact)));
    }
}

// Whether other ports still connected after one had failed. Where none did, it is the server or the
// way to it that has changed meanwhile, and no port can be told from another.
bool others_went_on(const std::vector<ConnectAttempt>& attempts) {
    const auto failed = std::find_if(attempts.begin(), attempts.end(), [](const auto& each) {
        return each.outcome == Outcome::NoAnswer || each.outcome == Outcome::Refused;
    });
    return std::any_of(failed, attempts.end(), [](const ConnectAttempt& each) {
        return each.outcome == Outcome::Connected;
    });
}

void add_talks(const AttemptCounts& counts, Facts& facts) {
    if (counts.answered + counts.unanswered == 0) {
        return;
    }
    const bool some = counts.unanswered > 0 && counts.answered > 0;
    facts.set(Feature::TalksSilent, some ? Among::Some : Among::None,
              seen({N_("of those that connected, {0} got an answer to what was sent, and {1} none"),
                    {number(counts.answered), number(counts.unanswered)}}));
    if (some) {
        // What one connection said does not hold for all.
        facts.set(Feature::Talk, Talk::Answered);
    }
}

}  // namespace

AttemptCounts count_attempts(const std::vector<ConnectAttempt>& attempts) {
    AttemptCounts counts;
    for (const ConnectAttempt& each : attempts) {
        switch (each.outcome) {
            case Outcome::Connected:
                ++(each.retransmissions.value_or(0) > 0 ? counts.after_repeat : counts.at_once);
                break;
            case Outcome::Refused:
                ++counts.refused;
                break;
            case Outcome::NoAnswer:
                ++counts.silent;
                break;
            case Outcome::NotSent:
                ++counts.not_sent;
                counts.ports_ran_out +=
                    each.error == EADDRNOTAVAIL || each.error == EADDRINUSE ? 1U : 0U;
                break;
        }
        if (each.talk) {
            counts.answered += got_an_answer(*each.talk) ? 1U : 0U;
            counts.unanswered += got_none(*each.talk) ? 1U : 0U;
        }
    }
    return counts;
}

std::vector<LatencyBucket> connect_latencies(const std::vector<ConnectAttempt>& attempts) {
    constexpr std::array<int, 12> kSeconds{0, 1, 2, 3, 4, 5, 7, 11, 15, 19, 31, 63};
    std::vector<LatencyBucket> buckets;
    for (std::size_t i = 0; i < kSeconds.size(); ++i) {
        buckets.push_back({.from = std::chrono::seconds(kSeconds[i])});
        if (i + 1 < kSeconds.size()) {
            buckets.back().to = std::chrono::seconds(kSeconds[i + 1]);
        }
    }
    for (const ConnectAttempt& each : attempts) {
        if (each.outcome == Outcome::Connected) {
            auto bucket = buckets.begin();
            while (bucket->to && each.took >= *bucket->to) {
                ++bucket;
            }
            ++bucket->count;
        }
    }
    while (!buckets.empty() && buckets.back().count == 0) {
        buckets.pop_back();
    }
    return buckets;
}

std::optional<LatencySummary> summarize_latencies(const std::vector<ConnectAttempt>& attempts) {
    std::vector<std::chrono::microseconds> times;
    for (const ConnectAttempt& each : attempts) {
        if (each.outcome == Outcome::Connected) {
            times.push_back(each.took);
        }
    }
    if (times.empty()) {
        return std::nullopt;
    }
    std::sort(times.begin(), times.end());
    return LatencySummary{times.front(), times[(times.size() - 1) / 2], times.back()};
}

FailedPorts failed_ports(const std::vector<ConnectAttempt>& attempts) {
    FailedPorts ports;
    for (const ConnectAttempt& each : attempts) {
        if (!each.source || each.source->port == 0) {
            continue;
        }
        if (each.outcome == Outcome::Refused) {
            ports.refused.push_back(each.source->port);
        } else if (each.outcome == Outcome::NoAnswer) {
            ports.silent.push_back(each.source->port);
        } else if (each.talk && got_none(*each.talk)) {
            ports.unanswered.push_back(each.source->port);
        }
    }
    return ports;
}

std::optional<SamePort> tried_again(const RepeatedAttempts& repeated) {
    const auto connected = std::count_if(
        repeated.same_port.begin(), repeated.same_port.end(),
        [](const ConnectAttempt& each) { return each.outcome == Outcome::Connected; });
    if (repeated.same_port.empty() ||
        (connected > 0 && static_cast<std::size_t>(connected) < repeated.same_port.size())) {
        return std::nullopt;
    }
    if (connected > 0) {
        return SamePort::Recovers;
    }
    return others_went_on(repeated.attempts) ? std::optional(SamePort::FailsAgain) : std::nullopt;
}

void add_repeated_facts(const RepeatedAttempts& repeated, Facts& facts) {
    if (repeated.attempts.empty()) {
        return;
    }
    const AttemptCounts counts = count_attempts(repeated.attempts);
    facts.add_evidence(
        seen({N_("of {0} attempts, {1} apart, {2} connected at once, {3} after their SYN was sent "
                 "again, {4} were refused, {5} got no answer"),
              {number(repeated.attempts.size()), repeated.interval, number(counts.at_once),
               number(counts.after_repeat), number(counts.refused), number(counts.silent)}}));
    if (counts.at_once + counts.after_repeat == 0) {
        return;  // nothing that happens only sometimes
    }
    facts.set(Feature::Answer, Answer::Connected);
    facts.set(Feature::Refusals, counts.refused > 0 ? Among::Some : Among::None);
    facts.set(Feature::Silences, counts.silent == 0                  ? Among::None
                                 : others_went_on(repeated.attempts) ? Among::Some
                                                                     : Among::FromThenOn);
    facts.set(Feature::Repeats, counts.after_repeat > 0 ? Among::Some : Among::None);
    facts.set(Feature::PortsRanOut, counts.ports_ran_out > 0 ? Among::Some : Among::None);
    if (counts.ports_ran_out > 0) {
        facts.add_evidence(
            seen({N_("{0} attempts found no local port free"), {number(counts.ports_ran_out)}}));
    }
    add_captured(repeated.attempts, facts);
    add_talks(counts, facts);
    const FailedPorts ports = failed_ports(repeated.attempts);
    tell_ports(N_("source ports that were refused: {0}"), ports.refused, facts);
    tell_ports(N_("source ports that got no answer: {0}"), ports.silent, facts);
    tell_ports(N_("source ports that connected, and got no answer to what was sent: {0}"),
               ports.unanswered, facts);
    add_same_port(repeated, facts);
    if (!repeated.slower.empty()) {
        const AttemptCounts slow = count_attempts(repeated.slower);
        const bool clean = slow.at_once == repeated.slower.size();
        facts.set(Feature::SlowPace, clean ? SlowPace::Clean : SlowPace::Repeats,
                  seen({N_("of {0} attempts, {1} apart, {2} connected at once"),
                        {number(repeated.slower.size()), repeated.slower_interval,
                         number(slow.at_once)}}));
    }
}

}  // namespace tcpdx::diagnosis::reach
