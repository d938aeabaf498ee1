#pragma once

#include <cstddef>
#include <string_view>

namespace tcpdx {

// Names come from programs, and a program may call itself anything. These write a text at `out`
// and return the end.

// For people: control characters, which could command the terminal, become '?'. At most `most`
// bytes, cut between characters.
char* append_printable(char* out, std::string_view text, std::size_t most);

// Between double quotes, as RFC 8259 wants it: bytes that are not UTF-8 become U+FFFD. At most six
// times the text's size and the quotes.
char* append_json_string(char* out, std::string_view text);

// Quoted when it has to be (RFC 4180). At most twice the text's size and the quotes.
char* append_csv_text(char* out, std::string_view text);

}  // namespace tcpdx
