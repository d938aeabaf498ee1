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

[[nodiscard]] Language language();

// Whether the reader's locale can show characters beyond ASCII (arrows, boxes, Korean).
[[nodiscard]] bool can_show_unicode();

// Translates a text of presentation/ or app/, or one that a lower layer marked with N_().
[[nodiscard]] inline const char* _(const char* text) {
    // gettext("") is the catalogue's header, not an empty text.
    return *text == '\0' ? text : ::gettext(text);
}

}  // namespace tcpdx
