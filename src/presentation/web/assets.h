#pragma once

// The page of `tcpdx serve`, built from web/ and embedded, since it has to work where only the
// binary was copied to and where no other host may be asked.

#include <cstddef>
#include <span>
#include <string_view>

namespace tcpdx::web {

struct Asset {
    std::string_view path;          // "/", "/favicon.svg", "/assets/index-….js"
    std::string_view content_type;  // "text/html; charset=utf-8"
    std::span<const std::byte> gzip;
    std::string_view etag;   // with its quotes
    bool immutable = false;  // its path changes with its content
};

// Empty when the program was built without npm.
[[nodiscard]] std::span<const Asset> assets();

// Null when there is none of that path.
[[nodiscard]] const Asset* find_asset(std::string_view path);

// What the page needs, and nothing more: it has no inline script, no inline style, and asks nobody
// but the server that it came from.
inline constexpr std::string_view kContentSecurityPolicy =
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

}  // namespace tcpdx::web
