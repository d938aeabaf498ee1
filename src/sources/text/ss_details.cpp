#include "sources/text/ss_details.h"

#include <algorithm>
#include <iterator>

#include "sources/text/protocol_words.h"
#include "sources/text/state_words.h"

namespace tcpdx::text {
namespace {

constexpr std::uint8_t kTimestamps = 1;  // TCPI_OPT_*, linux/tcp.h
constexpr std::uint8_t kSack = 2;
constexpr std::uint8_t kWindowScale = 4;
constexpr std::uint8_t kEcn = 8;
constexpr std::uint8_t kEcnSeen = 16;
constexpr std::uint8_t kSynData = 32;

// A number with a fraction, in thousandths: "57.42" ms is 57420 us.
std::optional<std::uint64_t> take_thousandths(std::string_view& text) {
    const auto whole = take_number(text);
    constexpr std::uint64_t kMost = UINT32_MAX;
    if (!whole || *whole > kMost) {
        return std::nullopt;
    }
    std::uint64_t value = *whole * 1000;
    if (!text.empty() && text.front() == '.') {
        text.remove_prefix(1);
        std::uint64_t scale = 100;
        while (!text.empty() && is_digit(text.front())) {
            value += static_cast<std::uint64_t>(text.front() - '0') * scale;
            scale /= 10;
            text.remove_prefix(1);
        }
    }
    // Very long time-outs are printed as %g: "1.2e+06".
    if (text.starts_with("e+")) {
        text.remove_prefix(2);
        const auto exponent = take_number(text);
        for (std::uint64_t i = 0; exponent && i < std::min<std::uint64_t>(*exponent, 9); ++i) {
            value *= 10;
        }
    }
    return value;
}

std::uint32_t small(std::uint64_t value) {
    return static_cast<std::uint32_t>(std::min<std::uint64_t>(value, UINT32_MAX));
}
std::uint8_t tiny(std::uint64_t value) {
    return static_cast<std::uint8_t>(std::min<std::uint64_t>(value, UINT8_MAX));
}

// "287561ms"
std::uint64_t microseconds(std::string_view text) {
    constexpr std::uint64_t kMost = UINT64_MAX / 10'000;
    return std::min(take_number(text).value_or(0), kMost) * 1000;
}

// A number of tcp_info as ss prints it: "key:123".
struct NumberKey {
    std::string_view key;
    void (*set)(TcpDetails&, std::uint64_t);
};

constexpr NumberKey kNumbers[] = {
    {"advmss", [](TcpDetails&, std::uint64_t) {}},
    {"ato", [](TcpDetails&, std::uint64_t) {}},
    {"backoff", [](TcpDetails& t, std::uint64_t v) { t.backoff = tiny(v); }},
    {"bytes_acked", [](TcpDetails& t, std::uint64_t v) { t.bytes_acked = v; }},
    {"bytes_received", [](TcpDetails& t, std::uint64_t v) { t.bytes_received = v; }},
    {"bytes_retrans", [](TcpDetails& t, std::uint64_t v) { t.bytes_retransmitted = v; }},
    {"bytes_sent", [](TcpDetails& t, std::uint64_t v) { t.bytes_sent = v; }},
    {"cwnd", [](TcpDetails& t, std::uint64_t v) { t.congestion_window = small(v); }},
    {"data_segs_in", [](TcpDetails& t, std::uint64_t v) { t.data_segments_in = small(v); }},
    {"data_segs_out", [](TcpDetails& t, std::uint64_t v) { t.data_segments_out = small(v); }},
    {"delivered", [](TcpDetails&, std::uint64_t) {}},
    {"delivered_ce", [](TcpDetails&, std::uint64_t) {}},
    {"dsack_dups", [](TcpDetails&, std::uint64_t) {}},
    {"fackets", [](TcpDetails&, std::uint64_t) {}},
    {"lastack", [](TcpDetails& t, std::uint64_t v) { t.last_ack_received_ms = small(v); }},
    {"lastrcv", [](TcpDetails& t, std::uint64_t v) { t.last_data_received_ms = small(v); }},
    {"lastsnd", [](TcpDetails& t, std::uint64_t v) { t.last_data_sent_ms = small(v); }},
    {"lost", [](TcpDetails& t, std::uint64_t v) { t.lost_segments = small(v); }},
    {"minrtt", [](TcpDetails&, std::uint64_t) {}},
    {"mss", [](TcpDetails& t, std::uint64_t v) { t.send_mss = small(v); }},
    {"notsent", [](TcpDetails& t, std::uint64_t v) { t.not_sent_bytes = small(v); }},
    {"pmtu", [](TcpDetails& t, std::uint64_t v) { t.path_mtu = small(v); }},
    {"probes", [](TcpDetails& t, std::uint64_t v) { t.probes = tiny(v); }},
    {"rcv_ooopack", [](TcpDetails&, std::uint64_t) {}},
    {"rcv_rtt", [](TcpDetails&, std::uint64_t) {}},
    {"rcv_space", [](TcpDetails&, std::uint64_t) {}},
    {"rcv_ssthresh", [](TcpDetails&, std::uint64_t) {}},
    {"rcv_wnd", [](TcpDetails&, std::uint64_t) {}},
    {"rcvmss", [](TcpDetails& t, std::uint64_t v) { t.receive_mss = small(v); }},
    {"rehash", [](TcpDetails&, std::uint64_t) {}},
    {"reord_seen", [](TcpDetails&, std::uint64_t) {}},
    {"reordering", [](TcpDetails&, std::uint64_t) {}},
    {"sacked", [](TcpDetails&, std::uint64_t) {}},
    {"segs_in", [](TcpDetails&, std::uint64_t) {}},
    {"segs_out", [](TcpDetails&, std::uint64_t) {}},
    {"snd_wnd", [](TcpDetails& t, std::uint64_t v) { t.peer_window = small(v); }},
    {"ssthresh", [](TcpDetails&, std::uint64_t) {}},
    {"total_rto", [](TcpDetails&, std::uint64_t) {}},
    {"total_rto_recoveries", [](TcpDetails&, std::uint64_t) {}},
    {"total_rto_time", [](TcpDetails& t, std::uint64_t v) { t.total_rto_time_ms = small(v); }},
    {"unacked", [](TcpDetails& t, std::uint64_t v) { t.unacked_segments = small(v); }},
};
static_assert(std::is_sorted(std::begin(kNumbers), std::end(kNumbers),
                             [](const NumberKey& a, const NumberKey& b) { return a.key < b.key; }));

struct FlagWord {
    std::string_view word;
    std::uint8_t option;
};
constexpr FlagWord kFlags[] = {{"ts", kTimestamps},   {"sack", kSack},        {"ecn", kEcn},
                               {"ecnseen", kEcnSeen}, {"fastopen", kSynData}, {"app_limited", 0},
                               {"accecn", 0},         {"tcp-ulp-tls", 0}};

// Also the modules that are not built into most kernels.
constexpr std::string_view kCongestionControls[] = {
    "bbr",       "bbr2",  "bbr3",  "bic",      "cdg",  "cubic", "dctcp",
    "highspeed", "htcp",  "hybla", "illinois", "lp",   "nv",    "reno",
    "scalable",  "vegas", "veno",  "westwood", "yeah", "prague"};

// Words with a value of their own behind a blank: "send 4.5Mbps".
constexpr std::string_view kRates[] = {"send", "pacing_rate", "delivery_rate", "max_pacing_rate"};

class SsReader {
public:
    SsReader(Row& row, std::string_view text) : row_(row), rest_(text) {}

    // Reads words until a row begins; returns what is left of the text. `known` counts words that
    // only ss prints.
    std::string_view read() {
        while (true) {
            skip_blanks();
            if (rest_.empty() || row_begins()) {
                return rest_;
            }
            const std::size_t before = rest_.size();
            read_word();
            if (rest_.size() == before) {  // cannot happen; never loop
                rest_.remove_prefix(1);
            }
        }
    }

    [[nodiscard]] std::size_t known() const { return known_; }
    [[nodiscard]] std::size_t unknown() const { return unknown_; }
    // tcp_info was there, not only memory or a timer.
    [[nodiscard]] bool has_details() const { return details_; }
    [[nodiscard]] const TcpDetails& details() const { return tcp_; }

    void start_from(const std::optional<TcpDetails>& tcp) {
        if (tcp) {
            tcp_ = *tcp;
            details_ = true;
        }
    }

private:
    void skip_blanks() {
        while (!rest_.empty() && is_blank(rest_.front())) {
            rest_.remove_prefix(1);
        }
    }

    // A row that was joined to this one: a state or a protocol, and the two queues.
    [[nodiscard]] bool row_begins() const {
        const char first = rest_.front();
        if (!((first >= 'A' && first <= 'Z') || first == 't' || first == 'u')) {
            return false;
        }
        std::string_view ahead = rest_;
        std::string_view word = next_word(ahead);
        if (const Protocol protocol = parse_protocol(word);
            protocol == Protocol::Tcp || protocol == Protocol::Inet) {
            word = next_word(ahead);
        }
        return word.size() >= 4 && written_as_state(word) && all_digits(next_word(ahead)) &&
               all_digits(next_word(ahead));
    }

    void read_word() {
        if (rest_.starts_with("users:(")) {
            read_users();
            ++known_;
            return;
        }
        const std::string_view word = next_word(rest_);
        const std::size_t colon = word.find(':');
        if (colon == std::string_view::npos) {
            read_plain(word);
            return;
        }
        const std::string_view key = word.substr(0, colon);
        const std::string_view value = word.substr(colon + 1);
        if (read_identity(key, value) || read_measure(key, value)) {
            ++known_;
        } else {
            ++unknown_;
        }
    }

    void read_plain(std::string_view word) {
        for (const FlagWord& flag : kFlags) {
            if (flag.word == word) {
                tcp_.options |= flag.option;
                ++known_;
                details_ = true;
                return;
            }
        }
        if (std::find(std::begin(kRates), std::end(kRates), word) != std::end(kRates)) {
            // Its value may have been wrapped to the next line.
            std::string_view ahead = rest_;
            const std::string_view value = next_word(ahead);
            if (value.find("bps") != std::string_view::npos) {
                rest_ = ahead;
                ++known_;
            } else if (value.empty()) {
                ++known_;
            } else {
                ++unknown_;
            }
            return;
        }
        if (std::find(std::begin(kCongestionControls), std::end(kCongestionControls), word) !=
            std::end(kCongestionControls)) {
            row_.connection.congestion_control.fill('\0');
            word.copy(row_.connection.congestion_control.data(),
                      row_.connection.congestion_control.size() - 1);
            ++known_;
            return;
        }
        if (word == "<->" || word == "-->" || word == "<--" || word == "---" ||
            word.ends_with("bps")) {
            ++known_;
            return;
        }
        ++unknown_;
    }

    // users:(("nginx",pid=12,fd=3),("nginx",pid=13,fd=3)), and users:(("sshd",1234,3)) of old.
    void read_users() {
        std::string_view text = rest_;
        text.remove_prefix(std::string_view("users:(").size());
        std::size_t holders = 0;
        while (text.starts_with("(\"") || text.starts_with(",(\"")) {
            text.remove_prefix(text.front() == ',' ? 3 : 2);
            const std::size_t quote = text.find("\",");
            if (quote == std::string_view::npos) {
                break;
            }
            const std::string_view name = text.substr(0, quote);
            text.remove_prefix(quote + 2);
            const std::size_t end = text.find(')');
            const std::string_view numbers = text.substr(0, end);
            read_holder(name, numbers, holders++);
            text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
        }
        if (text.starts_with(')')) {
            text.remove_prefix(1);
        }
        if (holders > 1) {
            row_.connection.owner.more_holders = static_cast<std::uint32_t>(holders - 1);
        }
        // A name that was cut: go on at the next word.
        rest_ = text.size() < rest_.size() ? text : rest_;
        if (holders == 0) {
            (void)next_word(rest_);
        }
    }

    void read_holder(std::string_view name, std::string_view numbers, std::size_t index) {
        if (index > 0) {
            return;
        }
        const std::size_t comma = numbers.find(',');
        std::string_view pid = numbers.substr(0, comma);
        std::string_view fd =
            comma == std::string_view::npos ? std::string_view() : numbers.substr(comma + 1);
        if (pid.starts_with("pid=")) {
            pid.remove_prefix(4);
        }
        if (fd.starts_with("fd=")) {
            fd.remove_prefix(3);
        } else if (const std::size_t found = fd.find("fd="); found != std::string_view::npos) {
            fd.remove_prefix(found + 3);  // with -Z: pid=,proc_ctx=,fd=
        }
        fd = fd.substr(0, fd.find(','));
        if (const auto number = number_in<int>(pid)) {
            row_.owner_text = OwnerText::Process;
            row_.pid = *number;
            row_.program = name;
            row_.connection.owner.descriptor = number_in<int>(fd).value_or(-1);
        }
    }

    bool read_identity(std::string_view key, std::string_view value) {
        Connection& connection = row_.connection;
        if (key == "timer") {
            read_timer(value);
            return true;
        }
        if (key == "ino") {
            connection.inode = number_in<std::uint32_t>(value);
            return true;
        }
        if (key == "uid") {
            connection.uid = number_in<std::uint32_t>(value);
            return true;
        }
        if (key == "sk") {
            connection.cookie = number_in<std::uint64_t>(value, 16);
            return true;
        }
        if (key == "fwmark") {
            if (value.starts_with("0x")) {
                connection.mark = number_in<std::uint32_t>(value.substr(2), 16);
            }
            return true;
        }
        return key == "cgroup" || key == "v6only" || key == "tcp-ulp-tls" || key == "mem" ||
               key == "class_id" || key == "opt" || key == "peers" || key == "dev" ||
               (key == "skmem" && read_memory(value)) || key == "tos" || key == "tclass" ||
               key == "priority" || key == "bpf_id" || key == "inet-sockopt" || key == "ctx";
    }

    // (keepalive,15sec,0); also "(on,1.684ms(timeout),2(retry counter))" that somebody explained.
    void read_timer(std::string_view value) {
        if (!value.starts_with('(')) {
            return;
        }
        value.remove_prefix(1);
        const std::size_t first = value.find(',');
        if (first == std::string_view::npos) {
            return;
        }
        const auto kind = parse_timer_word(value.substr(0, first));
        value.remove_prefix(first + 1);
        const auto expires = parse_ss_duration(value.substr(0, value.find_first_of(",()")));
        const std::size_t second = value.find(',');
        if (!kind || !expires || second == std::string_view::npos) {
            return;
        }
        value.remove_prefix(second + 1);
        const auto retransmits = take_number(value);
        row_.connection.timer =
            Timer{.kind = *kind,
                  .expires = *expires,
                  .retransmits = *kind == TimerKind::TimeWait ? std::uint8_t{0}
                                                              : tiny(retransmits.value_or(0))};
    }

    // (r0,rb131072,t0,tb87040,f0,w0,o0,bl0,d3): the last are drops, since Linux 4.7.
    bool read_memory(std::string_view value) {
        const std::size_t at = value.rfind(",d");
        if (at != std::string_view::npos) {
            value.remove_prefix(at + 2);
            if (const auto drops = take_number(value)) {
                row_.connection.drops = small(*drops);
            }
        }
        return true;
    }

    bool read_measure(std::string_view key, std::string_view value) {
        if (read_pair(key, value)) {
            details_ = true;
            return true;
        }
        const auto* const known =
            std::lower_bound(std::begin(kNumbers), std::end(kNumbers), key,
                             [](const NumberKey& one, std::string_view k) { return one.key < k; });
        if (known == std::end(kNumbers) || known->key != key) {
            // bbr:(...), dctcp:(...) and what a later version adds.
            return key == "bbr" || key == "dctcp" || key == "vegas" || key == "md5keys" ||
                   key == "sndbuf_limited";
        }
        const auto number = take_number(value);
        if (!number) {
            return value.empty();  // "minrtt:" at the end of what was cut
        }
        known->set(tcp_, *number);
        details_ = true;
        return true;
    }

    bool read_pair(std::string_view key, std::string_view value) {
        if (key == "wscale") {
            const auto send = take_number(value);
            if (send && value.starts_with(',')) {
                value.remove_prefix(1);
                tcp_.options |= kWindowScale;
                tcp_.send_window_scale = tiny(*send);
                tcp_.receive_window_scale = tiny(take_number(value).value_or(0));
            }
            return true;
        }
        if (key == "rto") {
            tcp_.rto_us = small(take_thousandths(value).value_or(0));
            return true;
        }
        if (key == "rtt") {
            tcp_.srtt_us = small(take_thousandths(value).value_or(0));
            if (value.starts_with('/')) {
                value.remove_prefix(1);
                tcp_.rttvar_us = small(take_thousandths(value).value_or(0));
            }
            return true;
        }
        if (key == "retrans") {
            tcp_.retransmitted_in_flight = small(take_number(value).value_or(0));
            if (value.starts_with('/')) {
                value.remove_prefix(1);
                tcp_.total_retransmits = small(take_number(value).value_or(0));
            }
            return true;
        }
        if (key == "busy") {
            tcp_.busy_us = microseconds(value);
            return true;
        }
        if (key == "rwnd_limited") {
            tcp_.receive_window_limited_us = microseconds(value);
            return true;
        }
        return false;
    }

    Row& row_;
    std::string_view rest_;
    TcpDetails tcp_;
    bool details_ = false;
    std::size_t known_ = 0;
    std::size_t unknown_ = 0;
};

void keep_details(Row& row, const SsReader& reader) {
    if (!reader.has_details()) {
        return;
    }
    row.connection.tcp = reader.details();
    TcpDetails& tcp = *row.connection.tcp;
    if (const auto& timer = row.connection.timer) {
        (timer->kind == TimerKind::Retransmit ? tcp.retransmits : tcp.probes) = timer->retransmits;
    }
    // As sources/sockdiag decides it from the same two numbers.
    tcp.window_limited_by_peer =
        tcp.receive_window_limited_us > 0 && tcp.receive_window_limited_us * 10 >= tcp.busy_us * 9;
}

}  // namespace

std::optional<std::chrono::milliseconds> parse_ss_duration(std::string_view text) {
    std::uint64_t total = 0;
    constexpr std::uint64_t kMost = 1'000'000;
    bool any = false;
    while (!text.empty()) {
        const auto number = take_number(text);
        if (!number || *number > kMost) {
            return std::nullopt;
        }
        any = true;
        if (text.starts_with("min")) {
            total += *number * 60'000;
            text.remove_prefix(3);
        } else if (text.starts_with("sec")) {
            total += *number * 1000;
            text.remove_prefix(3);
        } else if (text.starts_with("ms")) {
            total += *number;
            text.remove_prefix(2);
        } else if (text.starts_with('.')) {
            // "2.067ms" is ss's own; "2.5sec" is how people retype it.
            total += *number * 1000;
            text.remove_prefix(1);
            const std::size_t digits = text.find_first_not_of("0123456789");
            if (digits == 1 && text.substr(digits).starts_with("sec")) {
                total += static_cast<std::uint64_t>(text.front() - '0') * 100;
                text.remove_prefix(4);
            }
        } else {
            return std::nullopt;
        }
    }
    return any ? std::optional(std::chrono::milliseconds(total)) : std::nullopt;
}

std::size_t read_ss_extras(Row& row, const Tokens& tokens, std::size_t first) {
    if (first >= tokens.size()) {
        return tokens.line().size();
    }
    SsReader reader(row, tokens.from(first));
    const std::string_view left = reader.read();
    keep_details(row, reader);
    return tokens.line().size() - left.size();
}

std::size_t read_ss_details(Row& row, std::string_view line) {
    Row changed = row;
    SsReader reader(changed, line);
    reader.start_from(row.connection.tcp);
    const std::string_view left = reader.read();
    if (reader.known() == 0 || reader.unknown() > reader.known()) {
        return 0;
    }
    keep_details(changed, reader);
    row = changed;
    return line.size() - left.size();
}

}  // namespace tcpdx::text
