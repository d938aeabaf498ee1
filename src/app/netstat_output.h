#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"
#include "presentation/netstat/line_buffer.h"

namespace tcpdx::app {

// Standard output and standard error of the netstat command. Output is collected, and written in
// large pieces; a complaint goes out at once. To keep both in netstat's order when they end up in
// the same file, what stdio would have written before the complaint is written first.
class NetstatOutput {
public:
    [[nodiscard]] netstat::LineBuffer& lines() { return lines_; }

    // Writes when much has been collected.
    void flush_if_large() {
        if (lines_.size() >= kLarge) {
            flush();
        }
    }
    void flush();
    // How many bytes are out of our hands.
    [[nodiscard]] std::uint64_t written() const { return written_; }

    void complain(std::string_view text);
    // "what: No such file or directory"
    void complain(std::string_view what, int os_error);

    // Did anything get lost? Said once, by the caller at the end.
    [[nodiscard]] const Result<>& outcome() const { return outcome_; }

private:
    static constexpr std::size_t kLarge = std::size_t{256} * 1024;

    void write(std::size_t bytes);

    netstat::LineBuffer lines_;
    std::uint64_t written_ = 0;
    Result<> outcome_;
};

}  // namespace tcpdx::app
