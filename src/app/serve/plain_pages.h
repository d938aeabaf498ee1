#pragma once

#include "app/serve/answer.h"
#include "app/serve/api.h"

namespace tcpdx::app {

// Pages without a script and without a style, in the language of the thread.
[[nodiscard]] Answer login_page(bool was_wrong);
// What is wrong on this host, for a program that was built without its page.
[[nodiscard]] Answer findings_page(Api& api, Language language);

}  // namespace tcpdx::app
