#include "diagnosis/reach/verdict.h"

#include <algorithm>
#include <set>

#include "base/i18n.h"

namespace tcpdx::diagnosis::reach {
namespace {

const Condition* first_violated(std::span<const Condition> conditions, const Facts& facts) {
    const auto found = std::find_if(conditions.begin(), conditions.end(),
                                    [&](const Condition& each) { return !allows(each, facts); });
    return found == conditions.end() ? nullptr : &*found;
}

// Not only not contradicted: seen.
bool observed(std::span<const Condition> conditions, const Facts& facts) {
    return std::all_of(conditions.begin(), conditions.end(), [&](const Condition& each) {
        return facts.value(each.feature) && allows(each, facts);
    });
}

std::vector<Value> values_of(const Parties& parties) {
    // Without a client's address the text still has to name one.
    return {Port{parties.port}, parties.server,
            parties.client ? Value(*parties.client) : Value(std::string("CLIENT"))};
}

std::string filled_in(std::string_view command, const Parties& parties) {
    std::string text;
    for (std::size_t i = 0; i < command.size(); ++i) {
        if (command[i] == '{' && i + 2 < command.size() && command[i + 2] == '}') {
            switch (command[i + 1]) {
                case '0':
                    text += std::to_string(parties.port);
                    break;
                case '1':
                    text += to_string(parties.server);
                    break;
                default:
                    text += parties.client ? to_string(*parties.client) : "CLIENT";
            }
            i += 2;
        } else {
            text += command[i];
        }
    }
    return text;
}

bool among(const std::vector<PossibleCause>& candidates, std::string_view id) {
    return std::any_of(candidates.begin(), candidates.end(),
                       [&](const PossibleCause& each) { return each.cause->id == id; });
}

// Whether the server is up, and how one knows, in the sentence that a reader wants first.
struct Aliveness {
    Verdict::ServerUp up = Verdict::ServerUp::Unknown;
    const char* sentence = nullptr;  // {0} the server
};

Aliveness aliveness_of_reset(const Facts& facts) {
    // What rejects one port on the way may reject others too; an open one, or an answer over the
    // local network, cannot be made up so easily.
    const bool from_itself = facts.is(Feature::ReplyDistance, ReplyDistance::AsOtherPorts) ||
                             facts.is(Feature::NextHopKind, NextHopKind::Target);
    if (facts.is(Feature::ReplyDistance, ReplyDistance::Different)) {
        return facts.is(Feature::OpenPort, OpenPort::Answers)
                   ? Aliveness{Verdict::ServerUp::Yes, N_("{0} is up: another port of it accepts.")}
                   : Aliveness{.sentence = N_("Whether {0} is up cannot be told: the RST was not "
                                              "made by it.")};
    }
    if (from_itself || facts.is(Feature::OpenPort, OpenPort::Answers)) {
        return {Verdict::ServerUp::Yes, N_("{0} is up: its TCP answers.")};
    }
    return {.sentence = N_("Something answers in the name of {0}: that host, or a firewall in "
                           "front of it.")};
}

Aliveness aliveness_of_icmp(const Facts& facts) {
    constexpr const char* kNotReached =
        N_("Whether {0} is up cannot be told: nothing gets as far as it.");
    const bool unreachable = facts.is(Feature::IcmpSays, IcmpSays::HostUnreachable);
    if (facts.is(Feature::IcmpFrom, IcmpFrom::Target)) {
        return unreachable || facts.is(Feature::IcmpSays, IcmpSays::TimeExceeded)
                   ? Aliveness{.sentence = kNotReached}
                   : Aliveness{Verdict::ServerUp::Yes,
                               N_("{0} is up: it answers itself, with an ICMP error.")};
    }
    if (unreachable && facts.is(Feature::IcmpFrom, IcmpFrom::Router) &&
        facts.is(Feature::IcmpTime, IcmpTime::AfterSeconds)) {
        return {Verdict::ServerUp::No,
                N_("{0} is down, or not on its network: the last router gets no answer from it.")};
    }
    if (unreachable && !facts.is(Feature::IcmpFrom, IcmpFrom::Router) &&
        facts.is(Feature::NextHopKind, NextHopKind::Target)) {
        return {Verdict::ServerUp::No,
                N_("{0} is down, or not on this network: it does not answer there.")};
    }
    return {.sentence = kNotReached};
}

Aliveness aliveness_of_silence(const Facts& facts) {
    if (facts.is(Feature::AckProbe, RawAnswer::Reset) ||
        facts.is(Feature::ClosedPort, ClosedPort::Answers) ||
        facts.is(Feature::OpenPort, OpenPort::Answers)) {
        return {Verdict::ServerUp::Yes, N_("{0} is up: its TCP answers.")};
    }
    if (facts.is(Feature::Ping, Ping::Answers)) {
        return {Verdict::ServerUp::Yes, N_("{0} is up: it answers pings.")};
    }
    if (facts.is(Feature::LinkLayer, LinkLayer::Failed) &&
        facts.is(Feature::NextHopKind, NextHopKind::Target)) {
        return {Verdict::ServerUp::No,
                N_("{0} is down, or not on this network: it does not answer there.")};
    }
    return {.sentence = N_("Whether {0} is up cannot be told from here: nothing of it answers.")};
}

Aliveness aliveness_at_client(const Facts& facts) {
    switch (static_cast<Answer>(*facts.value(Feature::Answer))) {
        case Answer::Connected:
            return {.up = Verdict::ServerUp::Yes};  // that it connects says it
        case Answer::Reset:
            return aliveness_of_reset(facts);
        case Answer::Icmp:
            return aliveness_of_icmp(facts);
        case Answer::NotSent:
            return {.sentence = N_("Whether {0} is up cannot be told: this host sent nothing.")};
        case Answer::Silence:
            return aliveness_of_silence(facts);
    }
    return {};
}

Aliveness aliveness(const Facts& facts) {
    const Aliveness alive = aliveness_at_client(facts);
    // Whoever saw the SYN arrive is up, and need not be told so.
    return alive.up != Verdict::ServerUp::Yes && facts.is(Feature::SynArrived, SynArrived::Yes)
               ? Aliveness{.up = Verdict::ServerUp::Yes}
               : alive;
}

void add_proven(const Facts& facts, const Parties& parties, Verdict& verdict) {
    const Aliveness alive = aliveness(facts);
    verdict.server_up = alive.up;
    if (alive.sentence != nullptr) {
        verdict.proven.push_back({alive.sentence, {parties.server}});
    }
    if (!facts.is(Feature::Answer, Answer::Silence)) {
        return;
    }
    if (facts.is(Feature::AckProbe, RawAnswer::Reset) &&
        facts.is(Feature::FinProbe, RawAnswer::Silence)) {
        verdict.proven.push_back(
            {N_("A program listens on port {0}: a closed port would answer a FIN with RST."),
             {Port{parties.port}}});
    } else if (facts.is(Feature::AckProbe, RawAnswer::Reset) &&
               facts.is(Feature::FinProbe, RawAnswer::Reset)) {
        verdict.proven.push_back(
            {N_("Nothing listens on port {0}: a listening port would discard a FIN."),
             {Port{parties.port}}});
    }
}

void add_narrowing(const Facts& facts, std::uint16_t port, Verdict& verdict) {
    if (verdict.candidates.size() < 2 || !facts.is(Feature::Answer, Answer::Silence)) {
        if (verdict.candidates.size() > 1 && facts.is(Feature::Answer, Answer::Reset) &&
            !facts.value(Feature::ReplyDistance)) {
            verdict.narrowing.push_back(
                {N_("As root, or with CAP_NET_RAW, the TTL of the RST can tell who sent it.")});
        }
        return;
    }
    if (!facts.value(Feature::RawSegments)) {
        verdict.narrowing.push_back(
            {N_("As root, or with CAP_NET_RAW, an ACK and a FIN can tell whether a program listens "
                "behind the silence.")});
    }
    if (among(verdict.candidates, "default-drop")) {
        verdict.narrowing.push_back(
            {N_("If the packet filter is known to let port {0} through, the cause is behind it, "
                "and only the server's report can name it."),
             {Port{port}}});
    }
    if (facts.is(Feature::OpenPort, OpenPort::GuessedSilent)) {
        verdict.narrowing.push_back(
            {N_("Name a port of it that should be open: --reference PORT.")});
    }
}

Verdict::Outcome outcome_of(const Facts& facts, const Verdict& verdict) {
    const auto answer = facts.value(Feature::Answer);
    if (!answer) {
        return Verdict::Outcome::Unknown;
    }
    if (facts.is(Feature::Answer, Answer::Connected)) {
        return verdict.candidates.empty() ? Verdict::Outcome::Connects
                                          : Verdict::Outcome::ConnectsButBadly;
    }
    return Verdict::Outcome::DoesNotConnect;
}

PossibleCause possible(const Cause& cause, const Parties& parties) {
    return {.cause = &cause,
            .claim = {cause.claim, values_of(parties)},
            .decided_by = {cause.decided_by, values_of(parties)},
            .command = filled_in(cause.command, parties)};
}

bool is_of_server(Feature feature) {
    return feature > Feature::ServerLooked;
}

// Whether the server has seen something that it would not have seen under most other causes.
bool shows_at_server(const Cause& cause, const Facts& facts) {
    return std::any_of(cause.conditions.begin(), cause.conditions.end(),
                       [&](const Condition& each) {
                           return is_of_server(each.feature) &&
                                  each.feature != Feature::SynArrived && facts.value(each.feature);
                       });
}

// Causes that only the client's side can show as such. That the handshake is not finished shows at
// both: there as a SYN+ACK that comes again, here as a connection that stays half-open.
bool has_client_side_needs(const Cause& cause, const Facts& facts) {
    const bool half_open = facts.is(Feature::HalfOpen, HalfOpen::Retransmitted) ||
                           facts.is(Feature::DeferAcceptDrops, Growth::Rises);
    // A bare ACK from TIME-WAIT, and what the client makes of it.
    const bool time_wait = facts.is(Feature::PawsTimeWait, Growth::Rises);
    return std::any_of(cause.needs.begin(), cause.needs.end(), [&](const Condition& each) {
        const bool shows_here = (each.feature == Feature::SynAckRepeated && half_open) ||
                                (each.feature == Feature::Captured && time_wait);
        return !is_of_server(each.feature) && !shows_here;
    });
}

bool observed_at_server(std::span<const Condition> needs, const Facts& facts) {
    return std::all_of(needs.begin(), needs.end(), [&](const Condition& each) {
        return !is_of_server(each.feature) || (facts.value(each.feature) && allows(each, facts));
    });
}

// Of several rows of one cause, the first.
void only_once(std::vector<ExcludedCause>& excluded) {
    std::set<std::string_view> known;
    std::erase_if(excluded,
                  [&](const ExcludedCause& each) { return !known.insert(each.cause->id).second; });
}

// The client's connections were taken: what the server can see all the same.
void judge_taken(const Facts& facts, const Parties& parties, Verdict& verdict) {
    for (const Cause& cause : all_causes()) {
        if (cause.at_server.empty() || !observed(cause.at_server, facts) ||
            among(verdict.candidates, cause.id)) {
            continue;
        }
        verdict.candidates.push_back(possible(cause, parties));
    }
    if (!verdict.candidates.empty()) {
        verdict.outcome = Verdict::Outcome::ConnectsButBadly;
    }
}

void judge_not_taken(const Facts& facts, const Parties& parties, Verdict& verdict) {
    for (const Cause& cause : all_causes()) {
        if (!shows_at_server(cause, facts) || has_client_side_needs(cause, facts) ||
            !observed_at_server(cause.needs, facts) || among(verdict.candidates, cause.id)) {
            continue;
        }
        if (const Condition* violated = first_violated(cause.conditions, facts)) {
            verdict.excluded.push_back({&cause, violated->feature});
        } else {
            verdict.candidates.push_back(possible(cause, parties));
        }
    }
    only_once(verdict.excluded);
    verdict.outcome = Verdict::Outcome::DoesNotConnect;
}

}  // namespace

Verdict judge_server(const Facts& facts, const Parties& parties) {
    Verdict verdict;
    verdict.evidence = facts.evidence();
    verdict.server_up = Verdict::ServerUp::Yes;  // it is the one that looks
    // Without a SYN there is nothing to explain here, and an answered one that did not stay
    // half-open has become a connection.
    if (!facts.is(Feature::SynArrived, SynArrived::Yes)) {
        return verdict;
    }
    const bool answered = facts.is(Feature::ServerSent, ServerSent::SynAck) &&
                          facts.is(Feature::HalfOpen, HalfOpen::None);
    const bool has_connection =
        facts.value(Feature::Request) && !facts.is(Feature::Request, Request::NoConnection);
    if (answered || has_connection || facts.is(Feature::DeferAcceptDrops, Growth::Rises)) {
        verdict.outcome = Verdict::Outcome::Connects;
        judge_taken(facts, parties, verdict);
    }
    const bool drops = !has_connection && facts.is(Feature::ListenDrops, Growth::Rises);
    if (verdict.candidates.empty() && (verdict.outcome == Verdict::Outcome::Unknown || drops)) {
        judge_not_taken(facts, parties, verdict);
    }
    if (verdict.is_certain()) {
        verdict.candidates.front().decided_by = {};
    }
    return verdict;
}

Verdict judge(const Facts& facts, const Parties& parties) {
    Verdict verdict;
    verdict.evidence = facts.evidence();
    if (!facts.value(Feature::Answer)) {
        return verdict;
    }
    for (const Cause& cause : all_causes()) {
        if (!observed(cause.needs, facts) || among(verdict.candidates, cause.id)) {
            continue;
        }
        if (const Condition* violated = first_violated(cause.conditions, facts)) {
            verdict.excluded.push_back({&cause, violated->feature});
            continue;
        }
        verdict.candidates.push_back(possible(cause, parties));
    }
    // A cause of which one row remained is not excluded by another row.
    std::erase_if(verdict.excluded, [&](const ExcludedCause& each) {
        return among(verdict.candidates, each.cause->id);
    });
    only_once(verdict.excluded);
    if (verdict.is_certain()) {
        verdict.candidates.front().decided_by = {};
    }
    add_proven(facts, parties, verdict);
    add_narrowing(facts, parties.port, verdict);
    if (verdict.candidates.size() > 1 && parties.client && !facts.value(Feature::ServerLooked)) {
        verdict.server_command = "tcpdx diagnose :" + std::to_string(parties.port) +
                                 " --from-peer " + to_string(*parties.client) +
                                 " --for 60 --json > server.json";
    }
    verdict.outcome = outcome_of(facts, verdict);
    return verdict;
}

}  // namespace tcpdx::diagnosis::reach
