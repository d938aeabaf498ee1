#include "app/serve/parameters.h"

#include <charconv>

#include "app/amounts.h"
#include "app/host_monitor.h"
#include "base/i18n.h"
#include "presentation/i18n.h"
#include "presentation/render.h"

namespace tcpdx::app {
namespace {

Parameter<std::chrono::microseconds> moment(const Question& question, const char* name,
                                            std::chrono::microseconds now,
                                            std::chrono::microseconds by_default) {
    const auto text = question.parameter(name);
    if (!text) {
        return by_default;
    }
    const auto read = parse_moment(*text, now);
    if (!read) {
        return tl::unexpected(error_answer(
            400, "bad-time",
            render({N_("'{0}' is no time: 2026-11-25T03:12:00Z, seconds since 1970, or -10m"),
                    {*text}}),
            name));
    }
    return *read;
}

}  // namespace

Parameter<std::int64_t> whole_number(const Question& question, const char* name,
                                     std::int64_t by_default, std::int64_t least,
                                     std::int64_t most) {
    const auto text = question.parameter(name);
    if (!text) {
        return by_default;
    }
    std::int64_t value = 0;
    const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), value);
    if (error != std::errc() || end != text->data() + text->size() || value < least ||
        value > most) {
        return tl::unexpected(error_answer(
            400, "bad-number",
            render({N_("'{0}' is no number from {1} to {2}."), {*text, least, most}}), name));
    }
    return value;
}

Parameter<Period> period(const Question& question) {
    const std::chrono::microseconds now = since_epoch();
    const auto to = TRY(moment(question, "to", now, now));
    const auto from = TRY(moment(question, "from", now, to - std::chrono::hours(1)));
    if (from >= to) {
        return tl::unexpected(error_answer(
            400, "bad-time", render({N_("The end is not after the beginning."), {}}), "to"));
    }
    return Period{.from = from, .to = to};
}

Parameter<std::optional<std::chrono::microseconds>> past_moment(const Question& question) {
    if (!question.parameter("at")) {
        return std::nullopt;
    }
    const std::chrono::microseconds now = since_epoch();
    const auto at = TRY(moment(question, "at", now, now));
    if (at > now) {
        return tl::unexpected(
            error_answer(400, "bad-time", _("This moment has not come yet."), "at"));
    }
    return at;
}

}  // namespace tcpdx::app
