#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sources/text/collector.h"
#include "sources/text/commands.h"
#include "sources/text/conclude.h"
#include "sources/text/counters.h"
#include "sources/text/counts.h"
#include "sources/text/headers.h"
#include "sources/text/lines.h"
#include "sources/text/property_list.h"
#include "sources/text/read_paste.h"
#include "sources/text/row.h"

namespace tcpdx::text {

// Goes through a paste line by line. What a line is, is decided by its own shape; what stood before
// only decides what its numbers mean.
class Reader {
public:
    explicit Reader(std::string_view bytes);

    [[nodiscard]] Reading read();

private:
    // A row that ended too early, until the lines with its rest have come.
    struct Pending {
        std::string text;
        std::uint32_t line = 0;
        std::uint32_t joined = 1;  // lines in `text`
        bool only_state_missing = false;
    };

    void take_line(std::string_view line);
    bool take_rest_of_pending(std::string_view line);
    void drop_pending();
    bool take_rows(const Tokens& first);
    bool take_row(const RowReading& reading, std::string_view line);
    bool take_wrapped_cell(const Tokens& tokens);
    std::size_t take_details(std::string_view line);
    static bool take_stray_details(std::string_view line, const Tokens& tokens);
    bool take_property(const Tokens& tokens);
    void finish_properties();
    bool take_owner_line(std::string_view line);
    bool take_frame(std::string_view line, const Tokens& tokens);
    bool take_command(std::string_view line);
    bool take_header(const Tokens& tokens);
    bool take_banner(std::string_view line);
    bool take_numbers(const Tokens& tokens);
    bool take_bare_count(const Tokens& tokens);
    bool take_kernel_option(const Tokens& tokens);
    void take_state_count(TcpState state, std::uint64_t count, bool added);
    [[nodiscard]] RowReading read_any_row(const Tokens& tokens) const;
    void remember_system(HostSystem system);
    void remember_tool(std::string_view name);
    void remember_tool_of(const Row& row);
    void remember_system_of_word(const Tokens& tokens);
    void remember_row(const Row& row);
    void remember_abilities(const Row& row);
    void unread(std::uint32_t line, std::string_view text);
    void reserve_for_the_rest();
    [[nodiscard]] HostSystem guessed_system() const;
    [[nodiscard]] Reading finish();

    std::size_t total_bytes_;
    LineReader lines_;
    Paste paste_;
    Collector collector_;
    Clues clues_;
    TableContext context_;
    Command command_;
    Summary summary_;
    CounterReader counters_;
    KernelOptions options_;
    PropertyList properties_;
    std::vector<std::array<std::optional<std::uint64_t>, kAllTcpStates.size()>> counts_;
    std::optional<Pending> pending_;
    std::string joined_;
    std::string cells_;
    std::size_t rows_at_last_reserve_ = 0;
    std::size_t rows_selected_ = 0;
    std::size_t rows_in_whole_listings_ = 0;
    std::string_view last_row_text_;  // of the paste, for a cell that goes on below it
    std::string_view command_tool_;
    HostSystem likely_system_ = HostSystem::Unknown;
    std::array<std::size_t, 8> system_hints_{};  // by HostSystem
    std::uint32_t properties_line_ = 0;
    std::uint32_t last_row_line_ = 0;
    Layout last_layout_ = Layout::Bare;
    bool last_was_ss_row_ = false;
    bool other_rows_ = false;
};

}  // namespace tcpdx::text
