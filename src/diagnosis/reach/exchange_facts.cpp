#include "diagnosis/reach/exchange_facts.h"

#include "base/i18n.h"

namespace tcpdx::diagnosis::reach {
namespace {

using std::chrono::milliseconds;

Value number(std::uint64_t value) {
    return static_cast<std::int64_t>(value);
}

Observation seen(Message fact) {
    return {.fact = std::move(fact), .origin = Origin::Probe, .check = {}};
}

Message talk_fact(const Exchange& exchange) {
    const milliseconds took = std::chrono::duration_cast<milliseconds>(exchange.took);
    switch (exchange.outcome) {
        case Exchange::Outcome::Answered:
            return exchange.first_line.empty()
                       ? Message{N_("it answered after {0}"), {took}}
                       : Message{N_("it answered after {0}: {1}"), {took, exchange.first_line}};
        case Exchange::Outcome::OtherAnswer:
            return {N_("it answered, and not what was expected: {0}"), {exchange.first_line}};
        case Exchange::Outcome::Silence:
            return {N_("{0} bytes were sent and acknowledged; no answer within {1}"),
                    {number(exchange.bytes_sent), took}};
        case Exchange::Outcome::NotAcknowledged:
            return {N_("{0} bytes were sent, and not acknowledged within {1}"),
                    {number(exchange.bytes_sent), took}};
        case Exchange::Outcome::Closed:
            return {N_("the server closed it after {0}, without an answer"), {took}};
        case Exchange::Outcome::Reset:
            return {N_("the server reset it after {0}"), {took}};
        case Exchange::Outcome::TlsFailed:
            return {N_("the TLS handshake failed after {0}"), {took}};
        case Exchange::Outcome::WindowClosed:
            return {N_("the server's window stayed closed for {0}: nobody reads there what "
                       "arrives"),
                    {took}};
    }
    return {};
}

void add_certificate(const Exchange& exchange, Facts& facts) {
    if (!exchange.tls_version.empty()) {
        facts.add_evidence(seen({N_("{0}; certificate of {1}, issued by {2}, valid until {3}"),
                                 {exchange.tls_version, exchange.certificate_subject,
                                  exchange.certificate_issuer, exchange.certificate_ends}}));
    }
    for (const Exchange::ChainLink& link : exchange.chain) {
        facts.add_evidence(
            seen({link.expired ? N_("it came with the certificate of {0}, issued by {1}, which "
                                    "expired on {2}")
                               : N_("it came with the certificate of {0}, issued by {1}, valid "
                                    "until {2}"),
                  {link.subject, link.issuer, link.ends}}));
    }
    if (!exchange.certificate_names.empty()) {
        facts.add_evidence(seen({N_("the certificate is for {0}"), {exchange.certificate_names}}));
    }
    if (!exchange.tls_detail.empty()) {
        facts.add_evidence(seen({N_("TLS says: {0}"), {exchange.tls_detail}}));
    }
}

}  // namespace

void add_exchange_facts(const Exchange& exchange, Facts& facts) {
    // Both enums are the same list: what was observed, and what the table knows of it.
    facts.set(Feature::Talk, static_cast<Talk>(exchange.outcome), seen(talk_fact(exchange)));
    if (!exchange.tls_version.empty() || exchange.tls_problem != Exchange::TlsProblem::None) {
        facts.set(Feature::Tls, static_cast<Tls>(exchange.tls_problem));
    }
    add_certificate(exchange, facts);
    const bool left_alone = exchange.idle.count() > 0;
    facts.set(Feature::Idle, left_alone ? Idle::Yes : Idle::No);
    if (left_alone) {
        facts.add_evidence(
            seen({N_("before that the connection was left alone for {0}"), {exchange.idle}}));
    }
    if (exchange.fresh_connection_works) {
        const bool work = *exchange.fresh_connection_works;
        facts.set(Feature::FreshConnection, work ? FreshConnection::Works : FreshConnection::Fails,
                  seen({work ? N_("a fresh connection gets an answer")
                             : N_("a fresh connection gets none either")}));
    }
    constexpr std::uint64_t kFitsAnyPath = 500;
    if (exchange.outcome == Exchange::Outcome::NotAcknowledged &&
        exchange.bytes_sent <= kFitsAnyPath) {
        facts.set(Feature::SmallSegments, SmallSegments::Fail);
    } else if (exchange.small_segments_work) {
        const bool work = *exchange.small_segments_work;
        facts.set(Feature::SmallSegments, work ? SmallSegments::Work : SmallSegments::Fail,
                  seen({work ? N_("a second connection with small segments gets an answer")
                             : N_("a second connection with small segments gets none either")}));
    }
}

}  // namespace tcpdx::diagnosis::reach
