#pragma once

// The words that the tables of causes are written in.

#include <array>
#include <span>

#include "base/i18n.h"
#include "diagnosis/reach/causes.h"

namespace tcpdx::diagnosis::reach {

// One table for each thing that a client can see; all_causes() is their sum.
[[nodiscard]] std::span<const Cause> silence_causes();
[[nodiscard]] std::span<const Cause> refusal_causes();
[[nodiscard]] std::span<const Cause> connected_causes();
[[nodiscard]] std::span<const Cause> unsteady_causes();

template <class... Values>
constexpr Condition is(Feature feature, Values... values) {
    return {feature,
            static_cast<std::uint16_t>((0U | ... | (1U << static_cast<unsigned>(values))))};
}

template <std::size_t... Sizes>
constexpr auto together(const std::array<Condition, Sizes>&... parts) {
    std::array<Condition, (Sizes + ...)> all{};
    std::size_t next = 0;
    const auto append = [&](const auto& part) {
        for (const Condition& condition : part) {
            all[next++] = condition;
        }
    };
    (append(parts), ...);
    return all;
}

template <class... Conditions>
constexpr auto list(Conditions... conditions) {
    return std::array<Condition, sizeof...(Conditions)>{conditions...};
}

// One of the ways in which a cause can be seen.
constexpr Cause seen_as(Cause cause, std::span<const Condition> conditions,
                        std::span<const Condition> needs = {},
                        std::span<const Condition> at_server = {}) {
    cause.conditions = conditions;
    cause.needs = needs;
    cause.at_server = at_server;
    return cause;
}

using F = Feature;

// Our SYN left, and nothing at all came back to this host.
constexpr auto kSilent =
    list(is(F::Answer, Answer::Silence), is(F::SynLeft, SynLeft::Yes),
         is(F::Captured, Captured::Nothing), is(F::LinkLayer, LinkLayer::Resolved));
constexpr auto kConnected = list(is(F::Answer, Answer::Connected));

// TCP of the server never saw the SYN, and so counted nothing.
constexpr auto kTcpSawNothing =
    list(is(F::ListenOverflows, Growth::Flat), is(F::ListenDrops, Growth::Flat),
         is(F::NoRoutes, Growth::Flat), is(F::Md5NotFound, Growth::Flat),
         is(F::ReversePathFilter, Growth::Flat), is(F::IcmpErrorsSent, Growth::Flat),
         is(F::PawsTimeWait, Growth::Flat), is(F::HalfOpen, HalfOpen::None),
         is(F::ServerSent, ServerSent::Nothing));
constexpr auto kArrived = list(is(F::SynArrived, SynArrived::Yes));
constexpr auto kNeverArrived = list(is(F::SynArrived, SynArrived::No));

}  // namespace tcpdx::diagnosis::reach
