#pragma once

#include <libintl.h>

#include <optional>
#include <string_view>

namespace tcpdx {

enum class Language { English, Korean };

// Chooses the language of all texts: `wanted` ("ko", "en") if given, else the locale of the
// environment (LC_ALL, LC_MESSAGES, LANG). Works without any installed locale, which is how most
// servers and containers are: only the translation catalogue has to be there. Call once, first.
// False for a language that there is no translation for; nothing is changed then.
bool choose_language(std::optional<std::string_view> wanted);

// That of the process, or of a LanguageOfThread.
[[nodiscard]] Language language();

// For a program that answers each reader in his own language, one thread per reader. Needs
// choose_language("ko") first: gettext has one catalogue for the whole process, and English is what
// the texts are without it.
class LanguageOfThread {
public:
    explicit LanguageOfThread(Language language);
    LanguageOfThread(const LanguageOfThread&) = delete;
    LanguageOfThread& operator=(const LanguageOfThread&) = delete;
    LanguageOfThread(LanguageOfThread&&) = delete;
    LanguageOfThread& operator=(LanguageOfThread&&) = delete;
    ~LanguageOfThread();

private:
    std::optional<Language> before_;
};

// Whether the reader's locale can show characters beyond ASCII (arrows, boxes, Korean).
[[nodiscard]] bool can_show_unicode();

// Translates a text of presentation/ or app/, or one that a lower layer marked with N_().
[[nodiscard]] inline const char* _(const char* text) {
    // gettext("") is the catalogue's header, not an empty text.
    return *text == '\0' || language() == Language::English ? text : ::gettext(text);
}

// The same for a text whose wording depends on a number.
[[nodiscard]] inline const char* translated(const char* singular, const char* plural,
                                            unsigned long number) {
    if (language() == Language::English) {
        return number == 1 ? singular : plural;
    }
    return ::ngettext(singular, plural, number);
}

}  // namespace tcpdx
