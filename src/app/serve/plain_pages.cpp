#include "app/serve/plain_pages.h"

#include <nlohmann/json.hpp>

#include "base/i18n.h"
#include "presentation/i18n.h"
#include "presentation/render.h"

namespace tcpdx::app {
namespace {

std::string escaped(std::string_view text) {
    std::string safe;
    for (const char letter : text) {
        switch (letter) {
            case '&':
                safe += "&amp;";
                break;
            case '<':
                safe += "&lt;";
                break;
            case '>':
                safe += "&gt;";
                break;
            case '"':
                safe += "&quot;";
                break;
            default:
                safe += letter;
        }
    }
    return safe;
}

std::string page(const std::string& body) {
    const char* code = language() == Language::Korean ? "ko" : "en";
    return std::string("<!doctype html>\n<html lang=\"") + code +
           "\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" "
           "content=\"width=device-width\"><title>tcpdx</title></head><body>\n" +
           body + "</body></html>\n";
}

std::string text_of(const nlohmann::ordered_json& object, const char* key) {
    const auto found = object.find(key);
    return found == object.end() || !found->is_string() ? std::string()
                                                        : escaped(found->get<std::string>());
}

}  // namespace

Answer login_page(bool was_wrong) {
    std::string body = "<h1>tcpdx</h1>\n";
    if (was_wrong) {
        body += std::string("<p role=\"alert\">") + escaped(_("That is not the token.")) + "</p>\n";
    }
    body += std::string("<form method=\"post\" action=\"/login\"><label>") +
            escaped(_("Token, as in the file on the server")) +
            " <input type=\"password\" name=\"token\" autocomplete=\"current-password\" required "
            "autofocus></label> <button>" +
            escaped(_("Log in")) + "</button></form>\n";
    return {.body = page(body), .content_type = "text/html; charset=utf-8"};
}

Answer findings_page(Api& api, Language language) {
    const auto now = nlohmann::ordered_json::parse(api.now(language), nullptr, false);
    std::string body = "<h1>tcpdx</h1>\n";
    body += std::string("<p>") +
            escaped(_("This tcpdx was built without its page. The API is at /api/v1/now.")) +
            "</p>\n";
    if (now.is_object()) {
        body += "<table>";
        for (const auto& [state, count] : now.at("states").items()) {
            body += "<tr><th>" + escaped(state) + "</th><td>" + count.dump() + "</td></tr>";
        }
        body += "</table>\n<ul>\n";
        for (const auto& finding : now.at("findings")) {
            body += "<li><strong>" + text_of(finding, "claim") + "</strong> [" +
                    text_of(finding, "rule") + "]<ul>";
            for (const auto& fact : finding.at("evidence")) {
                body += "<li>" + text_of(fact, "fact") + "</li>";
            }
            body += "</ul></li>\n";
        }
        body += "</ul>\n";
        if (now.at("findings").empty()) {
            body += std::string("<p>") + escaped(_("Nothing wrong found.")) + "</p>\n";
        }
    }
    return {.body = page(body), .content_type = "text/html; charset=utf-8"};
}

}  // namespace tcpdx::app
