#include "presentation/i18n.h"

#include <langinfo.h>
#include <unistd.h>

#include <array>
#include <climits>
#include <clocale>
#include <cstdlib>
#include <cstring>
#include <string>

namespace tcpdx {
namespace {

constexpr const char* kDomain = "tcpdx";

// Process-wide, as the C locale itself is.
Language current_language = Language::English;
bool unicode = false;
thread_local std::optional<Language> language_of_thread;

// The catalogues lie beside the program, in the build tree as after installation.
std::string catalogue_folder() {
    std::array<char, PATH_MAX> path{};
    const ssize_t size = ::readlink("/proc/self/exe", path.data(), path.size() - 1);
    const std::string_view program(path.data(), size > 0 ? static_cast<std::size_t>(size) : 0);
    const std::size_t slash = program.rfind('/');
    if (slash == std::string_view::npos) {
        return "/usr/share/locale";
    }
    return std::string(program.substr(0, slash)) + "/../share/locale";
}

std::string_view environment_locale() {
    for (const char* name : {"LC_ALL", "LC_MESSAGES", "LANG"}) {
        const char* value = std::getenv(name);  // NOLINT(concurrency-mt-unsafe): before any thread
        if (value != nullptr && *value != '\0') {
            return value;
        }
    }
    return "C";
}

bool is_utf8(std::string_view locale) {
    return locale.find("UTF-8") != std::string_view::npos ||
           locale.find("utf8") != std::string_view::npos;
}

}  // namespace

bool choose_language(std::optional<std::string_view> wanted) {
    if (wanted && *wanted != "ko" && *wanted != "en") {
        return false;
    }
    const std::string_view locale = environment_locale();
    const bool korean = wanted ? *wanted == "ko" : locale.starts_with("ko");
    current_language = korean ? Language::Korean : Language::English;

    // gettext translates in any locale but "C", and LANGUAGE then decides into what. So with the
    // C.UTF-8 that every glibc since 2.35 has built in, ko_KR need not be installed.
    // NOLINTBEGIN(concurrency-mt-unsafe): before any thread
    const bool installed = std::setlocale(LC_ALL, "") != nullptr;
    const bool usable = installed && std::strcmp(::nl_langinfo(CODESET), "UTF-8") == 0;
    if (!usable && (korean || is_utf8(locale))) {
        if (std::setlocale(LC_ALL, "C.UTF-8") == nullptr) {
            std::setlocale(LC_ALL, "C.utf8");
        }
    }
    ::setenv("LANGUAGE", korean ? "ko" : "en", 1);
    // Numbers are written for programs and administrators: a decimal point everywhere.
    std::setlocale(LC_NUMERIC, "C");
    unicode = std::strcmp(::nl_langinfo(CODESET), "UTF-8") == 0;
    // NOLINTEND(concurrency-mt-unsafe)

    ::bindtextdomain(kDomain, catalogue_folder().c_str());
    ::bind_textdomain_codeset(kDomain, "UTF-8");
    ::textdomain(kDomain);
    return true;
}

Language language() {
    return language_of_thread.value_or(current_language);
}

LanguageOfThread::LanguageOfThread(Language language) : before_(language_of_thread) {
    language_of_thread = language;
}

LanguageOfThread::~LanguageOfThread() {
    language_of_thread = before_;
}

bool can_show_unicode() {
    return unicode;
}

}  // namespace tcpdx
