#include "sources/text/reader.h"

#include <algorithm>

#include "sources/text/lsof_rows.h"
#include "sources/text/proc_rows.h"
#include "sources/text/samples.h"
#include "sources/text/table_rows.h"

namespace tcpdx::text {
namespace {

constexpr std::size_t kMostUnreadKept = 20;
constexpr std::size_t kExcerptBytes = 160;
// A row that a mail client cut after every column is four lines long.
constexpr std::uint32_t kMostJoinedLines = 5;
constexpr std::size_t kLongestPending = 2000;

bool is_complete(RowKind kind) {
    return kind == RowKind::Tcp || kind == RowKind::Other;
}

}  // namespace

Reader::Reader(std::string_view bytes)
    : total_bytes_(bytes.size()), lines_(bytes), collector_(paste_) {}

Reading Reader::read() {
    while (const auto line = lines_.next()) {
        take_line(*line);
        reserve_for_the_rest();
    }
    finish_properties();
    if (pending_) {
        paste_.cut_off = true;
        drop_pending();
    }
    return finish();
}

// A vector that doubles copies a large listing as often again; the share of the text that was read
// says how many rows are still to come.
void Reader::reserve_for_the_rest() {
    constexpr std::size_t kWorthIt = 4096;
    const std::size_t rows = collector_.all().rows.size();
    if (rows < kWorthIt || rows < rows_at_last_reserve_ * 2) {
        return;
    }
    rows_at_last_reserve_ = rows;
    const std::size_t done = total_bytes_ - lines_.bytes_left();
    const std::size_t bytes_per_row = std::max<std::size_t>(done / rows, 1);
    collector_.reserve(rows + lines_.bytes_left() / bytes_per_row + 1);
}

void Reader::unread(std::uint32_t line, std::string_view text) {
    ++paste_.unread_lines;
    if (paste_.unread.size() < kMostUnreadKept) {
        paste_.unread.push_back({line, printable_excerpt(text, kExcerptBytes)});
    }
}

RowReading Reader::read_any_row(const Tokens& tokens) const {
    RowReading reading = read_table_row(tokens, context_);
    if (reading.kind == RowKind::None || reading.kind == RowKind::Unread) {
        if (RowReading other = read_lsof_row(tokens); other.kind != RowKind::None) {
            return other;
        }
        if (RowReading other = read_proc_row(tokens); other.kind != RowKind::None) {
            return other;
        }
    }
    return reading;
}

void Reader::take_line(std::string_view line) {
    if (trimmed(line).starts_with('|')) {  // a row of a table in Markdown
        cells_.assign(line);
        std::replace(cells_.begin(), cells_.end(), '|', ' ');
        line = cells_;
    }
    const Tokens tokens(line);
    if (tokens.empty()) {
        return;
    }
    if (pending_ && take_rest_of_pending(line)) {
        return;
    }
    if (take_rows(tokens) || take_wrapped_cell(tokens) || take_stray_details(line, tokens) ||
        take_owner_line(line) || take_property(tokens)) {
        return;
    }
    last_was_ss_row_ = last_was_ss_row_ && tokens.size() <= 1;
    if (take_frame(line, tokens)) {
        return;
    }
    if (is_omission(line)) {
        paste_.cut_off = true;
        return;
    }
    if (looks_like_row(tokens)) {
        unread(lines_.number(), lines_.original());
    }
}

// Rows, and what ss says of them on further lines: any number of both may have been joined.
bool Reader::take_rows(const Tokens& first) {
    bool any = false;
    std::string_view line = first.line();
    std::optional<Tokens> later;
    while (true) {
        const Tokens& tokens = later ? *later : first;
        const RowReading reading = read_any_row(tokens);
        if (reading.kind == RowKind::Partial) {
            if (line.size() > kLongestPending) {
                unread(lines_.number(), line);
            } else {
                pending_ =
                    Pending{std::string(line), lines_.number(), 1, reading.only_state_missing};
            }
            return true;
        }
        std::size_t used = reading.end;
        if (reading.kind == RowKind::None) {
            used = take_details(line);
        } else {
            take_row(reading, line);
        }
        if (used == 0) {
            return any;
        }
        any = true;
        line = line.substr(used);
        later.emplace(line);
        if (later->empty()) {
            return true;
        }
    }
}

bool Reader::take_row(const RowReading& reading, std::string_view line) {
    last_was_ss_row_ = false;
    switch (reading.kind) {
        case RowKind::Tcp:
            remember_row(reading.row);
            collector_.add(reading.row, pending_ ? pending_->line : lines_.number());
            last_row_line_ = lines_.number();
            last_row_text_ = lines_.original();
            last_was_ss_row_ = reading.row.layout == Layout::Ss;
            return true;
        case RowKind::Other:
            other_rows_ = true;
            last_was_ss_row_ = false;
            return true;
        case RowKind::Stateless:
            ++paste_.rows_without_state;
            remember_tool_of(reading.row);
            return true;
        case RowKind::Unread:
            unread(lines_.number(), line);
            return true;
        case RowKind::Partial:
        case RowKind::None:
            return false;
    }
    return false;
}

bool Reader::take_rest_of_pending(std::string_view line) {
    const Tokens alone(line);
    const RowReading own = read_any_row(alone);
    const std::string_view rest = trimmed(line);
    // Two addresses and a state are a row for want of a better one: perhaps the rest of this one.
    const bool row_of_its_own =
        own.kind == RowKind::Other || (own.kind == RowKind::Tcp && own.row.layout != Layout::Bare);
    if (row_of_its_own || rest.empty() || rest.size() > kLongestPending) {
        drop_pending();
        return false;
    }
    // A number that was cut in its middle goes on at the left margin; words and indented cells are
    // cells of their own.
    const bool cut_number = is_digit(rest.front()) && !is_blank(line.front()) &&
                            !pending_->text.empty() && is_digit(pending_->text.back());
    std::string best;
    bool only_state_missing = false;
    for (const bool glue : {cut_number, !cut_number}) {
        joined_.assign(pending_->text);
        if (!glue) {
            joined_ += ' ';
        }
        joined_ += rest;
        const Tokens tokens(joined_);
        RowReading reading = read_any_row(tokens);
        if (is_complete(reading.kind)) {
            take_row(reading, joined_);
            const std::string more =
                reading.end > 0 && reading.end < joined_.size() ? joined_.substr(reading.end) : "";
            last_row_text_ = {};
            pending_.reset();
            (void)take_rows(Tokens(more));
            return true;
        }
        if (reading.kind == RowKind::Partial && best.empty()) {
            best = joined_;
            only_state_missing = reading.only_state_missing;
        }
    }
    // A line that begins a row itself is not the rest of another.
    if (!best.empty() && own.kind == RowKind::None && pending_->joined < kMostJoinedLines &&
        best.size() < kLongestPending) {
        pending_->text = std::move(best);
        pending_->only_state_missing = only_state_missing;
        ++pending_->joined;
        return true;
    }
    drop_pending();
    return false;
}

// What was expected did not come. With both of its ends it is a row without a state.
void Reader::drop_pending() {
    if (!pending_) {
        return;
    }
    const Pending pending = std::move(*pending_);
    pending_.reset();
    if (pending.only_state_missing) {
        ++paste_.rows_without_state;
        return;
    }
    context_.rest_will_not_come = true;
    const RowReading reading = read_any_row(Tokens(pending.text));
    context_.rest_will_not_come = false;
    if (reading.kind == RowKind::Tcp && pending.joined == 1) {
        remember_row(reading.row);
        collector_.add(reading.row, pending.line);
        last_row_text_ = {};
        return;
    }
    unread(pending.line, pending.text);
    paste_.unread_lines += pending.joined - 1;
}

// Some tables wrap a cell within its column: the port's last digits stand below the address.
bool Reader::take_wrapped_cell(const Tokens& tokens) {
    constexpr std::size_t kLongestRest = 40;
    const std::string_view rest = tokens[0];
    if (tokens.size() != 1 || tokens.column(0) == 0 || last_row_text_.empty() ||
        last_row_line_ + 1 != lines_.number() || rest.size() > kLongestRest ||
        !std::all_of(rest.begin(), rest.end(), [](char c) {
            return is_digit(c) || c == ':' || c == '.' ||
                   (to_lower(c) >= 'a' && to_lower(c) <= 'f');
        })) {
        return false;
    }
    std::string buffer;
    const std::string_view above = cleaned(last_row_text_, buffer);
    const Tokens cells(above);
    for (std::size_t i = 0; i < cells.size(); ++i) {
        if (cells.column(i) != tokens.column(0)) {
            continue;
        }
        const std::size_t end = cells.column(i) + cells[i].size();
        std::string whole(above.substr(0, end));
        whole += rest;
        whole += above.substr(end);
        const RowReading reading = read_any_row(Tokens(whole));
        if (reading.kind != RowKind::Tcp) {
            return false;
        }
        collector_.set_last_local(reading.row.local);
        collector_.set_last_remote(reading.row.remote);
        return true;
    }
    return false;
}

// Returns how much of the line belongs to the row of ss above it.
std::size_t Reader::take_details(std::string_view line) {
    if (!last_was_ss_row_ || !collector_.has_last()) {
        return 0;
    }
    Row row;
    row.connection = collector_.last();
    const std::size_t used = read_ss_details(row, line);
    if (used == 0) {
        return 0;
    }
    collector_.last() = row.connection;
    if (row.owner_text == OwnerText::Process) {
        collector_.set_last_owner(row);
    }
    remember_abilities(row);
    return used;
}

// Second lines whose row is not there, or was not one of TCP: understood, and of no use.
bool Reader::take_stray_details(std::string_view line, const Tokens& tokens) {
    constexpr std::size_t kEnoughToBeSure = 4;
    Row row;
    return tokens.size() >= kEnoughToBeSure && read_ss_details(row, line) == line.size();
}

bool Reader::take_property(const Tokens& tokens) {
    if (properties_.starts_again(tokens)) {
        finish_properties();
    }
    if (properties_.empty()) {
        properties_line_ = lines_.number();
    }
    return properties_.take_line(tokens);
}

void Reader::finish_properties() {
    if (properties_.empty()) {
        return;
    }
    const std::string row = properties_.take_row();
    const RowReading reading = read_any_row(Tokens(row));
    if (reading.kind != RowKind::Tcp) {
        unread(properties_line_, row);
        return;
    }
    remember_row(reading.row);
    collector_.add(reading.row, properties_line_);
    last_row_text_ = {};
}

// " [chrome.exe]" of netstat -b.
bool Reader::take_owner_line(std::string_view line) {
    line = trimmed(line);
    constexpr std::size_t kShortest = 6;
    constexpr std::size_t kLongest = 120;
    if (line.size() < kShortest || line.size() > kLongest || line.front() != '[' ||
        line.back() != ']' || !contains_ignoring_case(line, ".exe") || last_row_line_ == 0) {
        return false;
    }
    // Between the row and its program stands at most the name of a service.
    constexpr std::uint32_t kFarthest = 3;
    if (lines_.number() - last_row_line_ <= kFarthest && collector_.has_last() && !other_rows_) {
        collector_.name_last_owner(line.substr(1, line.size() - 2));
    }
    return true;
}

void Reader::remember_row(const Row& row) {
    remember_tool_of(row);
    last_layout_ = row.layout;
    other_rows_ = false;
    remember_abilities(row);
    const bool whole_listing = context_.has_header && !command_.selected;
    (whole_listing ? rows_in_whole_listings_ : rows_selected_) += 1;
}

void Reader::remember_abilities(const Row& row) {
    clues_.ss.timers = clues_.ss.timers || row.connection.timer.has_value();
    if (row.connection.tcp) {
        clues_.ss.bytes_sent = clues_.ss.bytes_sent || row.connection.tcp->bytes_sent.has_value();
        clues_.ss.peer_window =
            clues_.ss.peer_window || row.connection.tcp->peer_window.has_value();
    }
}

Reading Reader::finish() {
    Collected& all = collector_.all();
    paste_.lines = lines_.number();
    paste_.socket_rows = all.rows.size();
    const Samples samples = tell_samples(all);
    paste_.samples = std::max(samples.count, counts_.size());
    paste_.system = guessed_system();
    if (paste_.tools.empty()) {
        remember_tool(command_tool_);  // its output was counted, so no row shows it
    }
    paste_.selected = rows_selected_ > 0 && rows_in_whole_listings_ == 0;
    paste_.state_counts = counts_.empty() ? paste_.state_counts : counts_.back();
    for (std::size_t i = 0; i < kAllTcpStates.size(); ++i) {
        if (!paste_.state_counts[i]) {
            paste_.state_counts[i] = summary_.states[i];
        }
    }

    Reading reading;
    const bool has_earlier =
        samples.count > 1 || counters_.repeated() || (counts_.size() > 1 && all.rows.empty());
    if (has_earlier) {
        Observations& earlier = reading.earlier.emplace();
        std::vector<RowNote> notes;
        for (std::size_t i = 0; i < all.rows.size(); ++i) {
            if (samples.earlier[i]) {
                earlier.connections.push_back(all.rows[i]);
                notes.push_back(all.notes[i]);
            }
        }
        earlier.processes = all.processes;
        earlier.counters = counters_.first();
        earlier.paste = paste_;
        if (counts_.size() > 1) {
            earlier.paste->state_counts = counts_.front();
        }
        conclude(earlier, notes, clues_);
    }

    Observations& now = reading.now;
    std::size_t kept = 0;
    for (std::size_t i = 0; i < all.rows.size(); ++i) {
        if (samples.now[i]) {
            if (kept != i) {
                all.rows[kept] = all.rows[i];
                all.notes[kept] = all.notes[i];
            }
            ++kept;
        }
    }
    all.rows.resize(kept);
    all.notes.resize(kept);
    now.connections = std::move(all.rows);
    now.processes = std::move(all.processes);
    now.counters = counters_.latest();
    now.totals = summary_.totals;
    now.options = std::move(options_);
    now.paste = std::move(paste_);
    conclude(now, all.notes, clues_);
    return reading;
}

}  // namespace tcpdx::text
