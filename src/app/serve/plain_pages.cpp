#include "app/serve/plain_pages.h"

#include <nlohmann/json.hpp>
#include <tuple>

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

// The colours and sizes of web/src/styles.
constexpr const char* kStyle = R"(:root { color-scheme: light dark; }
:root[data-theme=light] { color-scheme: light; }
:root[data-theme=dark] { color-scheme: dark; }
* { box-sizing: border-box; }
html { font: 14px/1.45 system-ui, -apple-system, "Segoe UI", "Noto Sans", "Noto Sans KR",
  "Noto Sans CJK KR", "Apple SD Gothic Neo", "Malgun Gothic", sans-serif; }
body { margin: 0; padding: .8rem; color: light-dark(#1b2430, #dfe5ec);
  background: light-dark(#f4f5f7, #12161b); overflow-wrap: anywhere; }
html:lang(ko) body { word-break: keep-all; }
h1 { font-size: 1.15rem; margin: 0; }
a { color: light-dark(#0b5cad, #7db8f5); }
.login { max-width: 24rem; margin: 12vh auto 0; padding: 1rem 1.2rem 1.2rem; border-radius: 6px;
  background: light-dark(#ffffff, #1a2027); border: 1px solid light-dark(#d9dee5, #2d3742); }
.login header { display: flex; justify-content: space-between; align-items: baseline; gap: 1rem; }
.login nav a, .login nav span { margin-left: .6rem; }
.quiet { color: light-dark(#5a6675, #97a3b2); margin: .3rem 0 1rem; }
.wrong { color: light-dark(#b3211a, #ff8a80); font-weight: 600; margin: .8rem 0 0; }
label { display: block; margin: .8rem 0 .25rem; }
input, button { font: inherit; color: inherit; width: 100%; min-height: 2.3rem; padding: .2rem .6rem;
  border: 1px solid light-dark(#aab4c0, #4a5765); border-radius: 4px;
  background: light-dark(#ffffff, #1a2027); }
button { margin-top: .9rem; cursor: pointer; border-color: transparent;
  color: light-dark(#f4f5f7, #12161b); background: light-dark(#1b2430, #dfe5ec); }
button:hover { opacity: .88; }
input[aria-invalid] { border-color: light-dark(#c0281f, #f0695f); }
:focus-visible { outline: 2px solid light-dark(#0b5cad, #8fc4ff); outline-offset: 1px; }
)";

std::string page(const std::string& title, const std::string& body, const std::string& theme) {
    const char* code = language() == Language::Korean ? "ko" : "en";
    return std::string("<!doctype html>\n<html lang=\"") + code + "\"" +
           (theme.empty() ? "" : " data-theme=\"" + theme + "\"") +
           "><head><meta charset=\"utf-8\"><meta name=\"viewport\" "
           "content=\"width=device-width, initial-scale=1\"><meta name=\"color-scheme\" "
           "content=\"light dark\"><title>" +
           escaped(title) +
           "</title><link rel=\"icon\" type=\"image/svg+xml\" href=\"/favicon.svg\">"
           "<link rel=\"stylesheet\" href=\"/plain.css\"></head><body>\n" +
           body + "</body></html>\n";
}

// Each language by its own name: who does not read this page looks for that.
std::string choice_of_language(const std::string& theme) {
    std::string links = std::string("<nav aria-label=\"") + escaped(_("Language")) + "\">";
    for (const auto& [code, name, is_now] :
         {std::tuple("en", "English", language() == Language::English),
          std::tuple("ko", "한국어", language() == Language::Korean)}) {
        const std::string lang = std::string(" lang=\"") + code + "\"";
        links += is_now ? "<span aria-current=\"true\"" + lang + ">" + name + "</span>"
                        : std::string("<a href=\"/login?lang=") + code +
                              (theme.empty() ? "" : "&amp;theme=" + theme) + "\"" + lang + ">" +
                              name + "</a>";
    }
    return links + "</nav>";
}

std::string text_of(const nlohmann::ordered_json& object, const char* key) {
    const auto found = object.find(key);
    return found == object.end() || !found->is_string() ? std::string()
                                                        : escaped(found->get<std::string>());
}

}  // namespace

Answer login_page(bool was_wrong, const std::string& theme) {
    std::string body = "<main class=\"login\"><header><h1>tcpdx</h1>" + choice_of_language(theme) +
                       "</header>\n<p class=\"quiet\">" +
                       escaped(_("What every TCP connection of this host is doing.")) + "</p>\n";
    if (was_wrong) {
        body += std::string("<p class=\"wrong\" role=\"alert\" id=\"wrong\">") +
                escaped(_("That is not the token.")) + "</p>\n";
    }
    body += std::string("<form method=\"post\" action=\"/login?lang=") +
            (language() == Language::Korean ? "ko" : "en") +
            (theme.empty() ? "" : "&amp;theme=" + theme) + "\"><label for=\"token\">" +
            escaped(_("Token, as in the file on the server")) +
            "</label><input id=\"token\" type=\"password\" name=\"token\" "
            "autocomplete=\"current-password\" required autofocus" +
            (was_wrong ? " aria-invalid=\"true\" aria-describedby=\"wrong\"" : "") + "><button>" +
            escaped(_("Log in")) + "</button></form></main>\n";
    return {.body = page(std::string("tcpdx: ") + _("Log in"), body, theme),
            .content_type = "text/html; charset=utf-8"};
}

Answer plain_style() {
    return {.body = kStyle, .content_type = "text/css; charset=utf-8"};
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
    return {.body = page("tcpdx", body, ""), .content_type = "text/html; charset=utf-8"};
}

}  // namespace tcpdx::app
