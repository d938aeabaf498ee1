#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "model/observations.h"
#include "sources/text/tokens.h"

namespace tcpdx::text {

// Kernel counters as `netstat -s` (Linux, Windows, the BSDs), `nstat` and the files below /proc/net
// print them, kept under nstat's names. A counter that comes again is of a later look.
class CounterReader {
public:
    // False when the line has no counter and begins no group of them.
    bool take_line(const Tokens& tokens);

    [[nodiscard]] const Counters& latest() const { return latest_; }
    [[nodiscard]] const Counters& first() const { return first_; }
    [[nodiscard]] bool repeated() const { return repeated_; }
    // Windows and the BSDs have netstat -s too.
    [[nodiscard]] bool of_linux() const { return tool_ != "netstat" || !other_system_; }
    // "netstat" or "nstat"; empty before the first counter.
    [[nodiscard]] std::string_view tool() const { return tool_; }

private:
    bool take_heading(const Tokens& tokens);
    bool take_named(const Tokens& tokens);
    bool take_proc_lines(const Tokens& tokens);
    bool take_windows(const Tokens& tokens);
    bool take_sentence(const Tokens& tokens);
    void set(std::string name, std::uint64_t value);

    Counters latest_;
    Counters first_;
    bool repeated_ = false;
    std::string_view tool_;
    bool other_system_ = false;
    std::string group_;       // "TcpExt", of the heading above
    std::string proc_names_;  // the line of names that a line of numbers follows
};

}  // namespace tcpdx::text
