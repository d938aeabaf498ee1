#pragma once

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <cstring>
#include <string_view>

#include "presentation/list/printable.h"

namespace tcpdx::trace {

// Members of an object that begins with one that is always there: `,"key":value`. For a few hundred
// thousand lines a second.

inline char* append_key(char* out, std::string_view key) {
    *out++ = ',';
    *out++ = '"';
    out = std::copy(key.begin(), key.end(), out);
    *out++ = '"';
    *out++ = ':';
    return out;
}

inline char* member(char* out, std::string_view key, std::int64_t value) {
    return std::to_chars(append_key(out, key), out + key.size() + 40, value).ptr;
}

// Nothing for an empty text: what is not known is absent.
inline char* member(char* out, std::string_view key, std::string_view text) {
    return text.empty() ? out : append_json_string(append_key(out, key), text);
}

inline char* flag(char* out, std::string_view key) {
    out = append_key(out, key);
    std::memcpy(out, "true", 4);
    return out + 4;
}

}  // namespace tcpdx::trace
