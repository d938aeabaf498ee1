#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "presentation/i18n.h"

namespace tcpdx::app {

// What was asked, free of any HTTP library.
struct Question {
    std::string path;
    std::multimap<std::string, std::string> parameters;
    Language language = Language::English;

    [[nodiscard]] std::optional<std::string> parameter(const std::string& name) const {
        const auto found = parameters.find(name);
        return found == parameters.end() ? std::nullopt : std::optional(found->second);
    }
};

struct Answer {
    int status = 200;
    std::string body;
    std::string content_type = "application/json";
};

// Schema "tcpdx.error/1": `error` for programs, `message` for people, already translated.
[[nodiscard]] Answer error_answer(int status, std::string_view error, std::string_view message,
                                  std::string_view parameter = {});

}  // namespace tcpdx::app
