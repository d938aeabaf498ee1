#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace tcpdx::proc_tables {

// Takes fields off the front of a line. After the first field that is not there, ok() is false and
// nothing moves any more, so that a row can be read in one go and judged at the end.
class FieldReader {
public:
    explicit FieldReader(std::string_view line) : rest_(line) {}

    [[nodiscard]] bool ok() const { return ok_; }
    [[nodiscard]] std::string_view rest() const { return rest_; }

    // Up to the next blank; empty at the end of the line.
    std::string_view word();
    // The longest run of hexadecimal digits, at most 64.
    std::string_view hex_digits();
    std::uint64_t hex() { return number(16); }
    std::uint64_t decimal() { return number(10); }
    // A signed decimal number; what does not fit in 32 bits wraps, as a C "%d" does.
    std::int32_t integer();
    // Exactly this character, no blanks before it.
    void literal(char expected);
    void skip_word() { static_cast<void>(word()); }

private:
    std::uint64_t number(unsigned base);
    void skip_blanks();

    std::string_view rest_;
    bool ok_ = true;
};

[[nodiscard]] bool is_blank(char c);

}  // namespace tcpdx::proc_tables
