#pragma once

#include "app/serve/answer.h"
#include "app/serve/api.h"

namespace tcpdx::app {

// Pages without a script, in the language of the thread.

// `theme` is "light", "dark" or empty for that of the system. Light, dark and the language were
// chosen on the page that one comes from, and are handed on in the address.
[[nodiscard]] Answer login_page(bool was_wrong, const std::string& theme);
// Their style. Not from the page's own files, which are for those who are let in.
[[nodiscard]] Answer plain_style();
// What is wrong on this host, for a program that was built without its page.
[[nodiscard]] Answer findings_page(Api& api, Language language);

}  // namespace tcpdx::app
