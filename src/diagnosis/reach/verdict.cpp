#include "diagnosis/reach/verdict.h"

#include <algorithm>

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

void add_proven(const Facts& facts, const Parties& parties, Verdict& verdict) {
    const bool tcp_answers = facts.is(Feature::AckProbe, RawAnswer::Reset) ||
                             facts.is(Feature::ClosedPort, ClosedPort::Answers) ||
                             facts.is(Feature::OpenPort, OpenPort::Answers);
    if (!facts.is(Feature::Answer, Answer::Silence)) {
        return;
    }
    if (tcp_answers) {
        verdict.proven.push_back({N_("{0} is up: its TCP answers."), {parties.server}});
    } else if (facts.is(Feature::Ping, Ping::Answers)) {
        verdict.proven.push_back({N_("{0} is up: it answers pings."), {parties.server}});
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

void add_narrowing(const Facts& facts, Verdict& verdict) {
    if (verdict.candidates.size() < 2 || !facts.is(Feature::Answer, Answer::Silence)) {
        if (verdict.candidates.size() > 1 && facts.is(Feature::Answer, Answer::Reset) &&
            !facts.value(Feature::ReplyDistance)) {
            verdict.narrowing.push_back(
                {N_("As root, or with CAP_NET_RAW, the TTL of the RST can tell who sent it.")});
        }
        return;
    }
    if (!facts.value(Feature::AckProbe)) {
        verdict.narrowing.push_back(
            {N_("As root, or with CAP_NET_RAW, an ACK and a FIN can tell whether a program listens "
                "behind the silence.")});
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
    return std::any_of(cause.needs.begin(), cause.needs.end(), [&](const Condition& each) {
        const bool shows_here = each.feature == Feature::SynAckRepeated && half_open;
        return !is_of_server(each.feature) && !shows_here;
    });
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
            among(verdict.candidates, cause.id)) {
            continue;
        }
        if (const Condition* violated = first_violated(cause.conditions, facts)) {
            verdict.excluded.push_back({&cause, violated->feature});
        } else {
            verdict.candidates.push_back(possible(cause, parties));
        }
    }
    verdict.outcome = Verdict::Outcome::DoesNotConnect;
}

}  // namespace

Verdict judge_server(const Facts& facts, const Parties& parties) {
    Verdict verdict;
    verdict.evidence = facts.evidence();
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
    if (verdict.is_certain()) {
        verdict.candidates.front().decided_by = {};
    }
    add_proven(facts, parties, verdict);
    add_narrowing(facts, verdict);
    if (verdict.candidates.size() > 1 && parties.client && !facts.value(Feature::ServerLooked)) {
        verdict.server_command = "tcpdx diagnose :" + std::to_string(parties.port) +
                                 " --from-peer " + to_string(*parties.client) +
                                 " --json > server.json";
    }
    verdict.outcome = outcome_of(facts, verdict);
    return verdict;
}

}  // namespace tcpdx::diagnosis::reach
