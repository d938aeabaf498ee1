#include "sources/text/counters.h"

#include <algorithm>
#include <span>
#include <unordered_map>

#include "model/netstat_texts/counter_texts.h"

namespace tcpdx::text {
namespace {

constexpr std::size_t kMostWords = 24;  // of a sentence of netstat -s

// nstat's groups; the longer before those that they begin with.
constexpr std::string_view kGroups[] = {"TcpExt",  "IpExt", "MPTcpExt", "Icmp6", "IcmpMsg",
                                        "Icmp",    "Ip6",   "Ip",       "Tcp",   "Udp6",
                                        "UdpLite", "Udp",   "Sctp"};

// Wordings of other versions and systems for the same counters.
struct OtherWording {
    std::string_view text;  // lower case, "{}" for the number
    std::string_view name;
};
constexpr OtherWording kOtherWordings[] = {
    {"{} syns to listen sockets ignored", "TcpExtListenDrops"},
    {"{} active connections openings", "TcpActiveOpens"},
    {"{} segments send out", "TcpOutSegs"},
    {"{} segments retransmited", "TcpRetransSegs"},
    {"{} bad segments received.", "TcpInErrs"},
    {"{} tcp sockets finished time wait in fast timer", "TcpExtTW"},
    {"{} time wait sockets recycled by time stamp", "TcpExtTWRecycled"},
    {"{} packets rejects in established connections because of timestamp", "TcpExtPAWSEstab"},
    {"{} passive connections rejected because of time stamp", "TcpExtPAWSPassive"},
    {"{} connections aborted due to timeout", "TcpExtTCPAbortOnTimeout"},
    {"{} other tcp timeouts", "TcpExtTCPTimeouts"},
    {"{} connections reset due to unexpected data", "TcpExtTCPAbortOnData"},
    {"{} connections reset due to early user close", "TcpExtTCPAbortOnClose"},
    {"{} times the listen queue of a socket overflowed", "TcpExtListenOverflows"},
    {"{} syns to listen sockets dropped", "TcpExtListenDrops"},
    {"{} times recovered from packet loss due to fast retransmit", "TcpExtTCPRenoRecovery"},
    {"{} fast retransmits", "TcpExtTCPFastRetrans"},
    {"{} retransmits in slow start", "TcpExtTCPSlowStartRetrans"},
    {"{} sack retransmits failed", "TcpExtTCPSackRecoveryFail"},
    {"{} dsacks received", "TcpExtTCPDSACKRecv"},
    // The BSDs and macOS.
    {"{} listen queue overflows", "TcpExtListenOverflows"},
    {"{} listen queue overflow", "TcpExtListenOverflows"},
    {"{} syncache entries bucket overflow", "TcpExtTCPReqQFullDrop"},
};

// Windows: "  Active Opens   = 123", from its TCP statistics.
constexpr OtherWording kWindows[] = {
    {"active opens", "TcpActiveOpens"},
    {"passive opens", "TcpPassiveOpens"},
    {"failed connection attempts", "TcpAttemptFails"},
    {"reset connections", "TcpEstabResets"},
    {"current connections", "TcpCurrEstab"},
    {"segments received", "TcpInSegs"},
    {"segments sent", "TcpOutSegs"},
    {"segments retransmitted", "TcpRetransSegs"},
};

std::string lower(std::string_view text) {
    std::string out(text);
    std::transform(out.begin(), out.end(), out.begin(), to_lower);
    return out;
}

// Sentence -> the names it may mean, by the group it stands in.
class Sentences {
public:
    Sentences() {
        add("Tcp", netstat::kTcpTexts);
        add("TcpExt", netstat::kTcpExtTexts);
        add("Ip", netstat::kIpTexts);
        for (const OtherWording& other : kOtherWordings) {
            names_.emplace(std::string(other.text), std::string(other.name));
        }
    }

    [[nodiscard]] const std::string* find(const std::string& sentence) const {
        const auto found = names_.find(sentence);
        return found == names_.end() ? nullptr : &found->second;
    }

private:
    void add(std::string_view group, std::span<const netstat::CounterText> texts) {
        for (const netstat::CounterText& text : texts) {
            if (!text.text.empty()) {
                names_.emplace(lower(text.text), std::string(group) + std::string(text.name));
            }
        }
    }

    std::unordered_map<std::string, std::string> names_;
};

std::string_view group_of(std::string_view name) {
    for (const std::string_view group : kGroups) {
        if (name.size() > group.size() && name.starts_with(group) && name[group.size()] >= 'A' &&
            name[group.size()] <= 'Z') {
            return group;
        }
    }
    return {};
}

bool is_word(std::string_view text) {
    return !text.empty() && std::all_of(text.begin(), text.end(),
                                        [](char c) { return is_letter(c) || is_digit(c); });
}

}  // namespace

void CounterReader::set(std::string name, std::uint64_t value) {
    if (latest_.value(name)) {
        if (!repeated_) {
            first_ = latest_;
        }
        repeated_ = true;
    }
    latest_.set(std::move(name), value);
}

bool CounterReader::take_line(const Tokens& tokens) {
    if (tokens.empty()) {
        return false;
    }
    return take_proc_lines(tokens) || take_heading(tokens) || take_named(tokens) ||
           take_windows(tokens) || take_sentence(tokens);
}

// "TcpExt:" of Linux, "tcp:" of the BSDs, "TCP Statistics for IPv4" of Windows.
bool CounterReader::take_heading(const Tokens& tokens) {
    const std::string_view word = tokens[0];
    if (tokens.size() == 1 && word.back() == ':') {
        const std::string_view name = word.substr(0, word.size() - 1);
        for (const std::string_view group : kGroups) {
            if (same_ignoring_case(group, name)) {
                // In lower case it is a BSD's, whose sentences are its own.
                group_ = name == group ? std::string(group) : "bsd";
                other_system_ = other_system_ || name != group;
                return true;
            }
        }
        return false;
    }
    if (tokens.size() >= 2 && tokens.size() <= 4 && same_ignoring_case(tokens[1], "Statistics")) {
        group_ = tokens.size() >= 4 && same_ignoring_case(word, "TCP") ? "windows" : "other";
        other_system_ = true;
        return true;
    }
    return word == "#kernel";
}

// nstat: "TcpExtListenOverflows  667399  0.0". netstat -s: "TCPSynRetrans: 5" below "TcpExt:".
bool CounterReader::take_named(const Tokens& tokens) {
    if (tokens.size() < 2 || tokens.size() > 3) {
        return false;
    }
    std::string_view name = tokens[0];
    const auto value = number_in<std::uint64_t>(tokens[1]);
    if (!value) {
        return false;
    }
    const bool colon = name.back() == ':';
    if (colon) {
        name.remove_suffix(1);
    }
    if (!is_word(name)) {
        return false;
    }
    if (!colon && !group_of(name).empty() &&
        (tokens.size() == 2 || tokens[2].find('.') != std::string_view::npos)) {
        tool_ = "nstat";
        set(std::string(name), *value);
        return true;
    }
    if (!colon || tokens.size() != 2) {
        return false;
    }
    // Without its heading, a name that begins with TCP can only be of TcpExt.
    const bool extended = group_ == "TcpExt" || group_ == "IpExt" || group_ == "MPTcpExt";
    if (extended || name.starts_with("TCP")) {
        tool_ = tool_.empty() ? "netstat" : tool_;
        set((extended ? group_ : std::string("TcpExt")) + std::string(name), *value);
        return true;
    }
    return false;
}

// /proc/net/netstat and /proc/net/snmp: "TcpExt: SyncookiesSent ..." and then "TcpExt: 0 ...".
bool CounterReader::take_proc_lines(const Tokens& tokens) {
    const std::string_view label = tokens[0];
    if (tokens.size() < 4 || label.back() != ':') {
        return false;
    }
    const std::string_view group = label.substr(0, label.size() - 1);
    if (std::find(std::begin(kGroups), std::end(kGroups), group) == std::end(kGroups)) {
        return false;
    }
    const std::string_view line = tokens.line();
    if (is_letter(tokens[1].front())) {
        const bool names = is_word(tokens[1]) && is_word(tokens[2]) && is_word(tokens[3]) &&
                           tokens[1].front() >= 'A' && tokens[1].front() <= 'Z';
        if (names) {
            proc_names_ = std::string(line);
        }
        return names;
    }
    std::string_view names = proc_names_;
    std::string_view numbers = line;
    if (next_word(names) != next_word(numbers)) {
        return false;
    }
    while (true) {
        const std::string_view name = next_word(names);
        const std::string_view number = next_word(numbers);
        if (name.empty() || number.empty()) {
            break;
        }
        if (const auto value = number_in<std::uint64_t>(number)) {
            set(std::string(group) + std::string(name), *value);
        }
    }
    proc_names_.clear();
    tool_ = tool_.empty() ? "/proc/net/netstat" : tool_;
    return true;
}

bool CounterReader::take_windows(const Tokens& tokens) {
    if (group_ != "windows" || tokens.size() < 3 || tokens[tokens.size() - 2] != "=") {
        return false;
    }
    const auto value = number_in<std::uint64_t>(tokens[tokens.size() - 1]);
    if (!value) {
        return false;
    }
    const std::string_view text = tokens.between(0, tokens.size() - 3);
    for (const OtherWording& known : kWindows) {
        if (same_ignoring_case(known.text, text)) {
            // IPv4 and IPv6 have a table each; nstat's counter is of both.
            const std::string name(known.name);
            latest_.set(name, latest_.value(name).value_or(0) + *value);
            tool_ = "netstat";
            return true;
        }
    }
    return true;
}

bool CounterReader::take_sentence(const Tokens& tokens) {
    if (tokens.size() < 2 || tokens.size() > kMostWords) {
        return false;
    }
    bool number = false;
    for (std::size_t i = 0; i < tokens.size() && !number; ++i) {
        number = all_digits(tokens[i]);
    }
    if (!number) {
        return false;
    }
    std::string sentence;
    std::optional<std::uint64_t> value;
    for (std::size_t i = 0; i < tokens.size(); ++i) {
        if (i > 0) {
            sentence += ' ';
        }
        if (!value && all_digits(tokens[i])) {
            value = number_in<std::uint64_t>(tokens[i]);
            sentence += "{}";
        } else {
            sentence += lower(tokens[i]);
        }
    }
    if (!value) {
        return false;
    }
    static const Sentences sentences;
    const std::string* name = sentences.find(sentence);
    if (name == nullptr) {
        return false;
    }
    tool_ = tool_.empty() ? "netstat" : tool_;
    set(*name, *value);
    return true;
}

}  // namespace tcpdx::text
