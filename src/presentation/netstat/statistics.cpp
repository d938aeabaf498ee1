#include "presentation/netstat/statistics.h"

#include <algorithm>
#include <array>

#include "model/netstat_texts/counter_texts.h"

namespace tcpdx::netstat {
namespace {

enum class Selector : std::uint8_t { Raw, Tcp, Udp, Sctp };

std::size_t indent_of(bool histogram) {
    return histogram ? 8 : 4;
}

}  // namespace

struct Statistics::Table {
    std::string_view title;
    const std::span<const CounterText>* texts;
    Selector selector;
};

bool Statistics::wants(const Table& table) const {
    switch (table.selector) {
        case Selector::Raw:
            return options_.raw;
        case Selector::Tcp:
            return options_.tcp;
        case Selector::Udp:
            return options_.udp;
        case Selector::Sctp:
            return options_.sctp;
    }
    return false;
}

void Statistics::append(LineBuffer& out, const CounterGroup& group) {
    static const std::array kTables{
        Table{"Ip", &kIpTexts, Selector::Raw},      Table{"Icmp", &kIcmpTexts, Selector::Raw},
        Table{"Tcp", &kTcpTexts, Selector::Tcp},    Table{"Udp", &kUdpTexts, Selector::Udp},
        Table{"Sctp", &kSctpTexts, Selector::Sctp}, Table{"TcpExt", &kTcpExtTexts, Selector::Tcp},
    };
    const auto* const table = std::find_if(
        kTables.begin(), kTables.end(), [&](const Table& one) { return one.title == group.title; });
    append_group(out, group, table == kTables.end() ? nullptr : table);
}

void Statistics::append_v6(LineBuffer& out, const CounterGroup& group) {
    static const std::array kTables{
        Table{"Ip6", &kIp6Texts, Selector::Raw},
        Table{"Icmp6", &kIcmp6Texts, Selector::Raw},
        Table{"Udp6", &kUdp6Texts, Selector::Udp},
        Table{"Tcp6", &kTcpTexts, Selector::Tcp},
    };
    const auto* const table = std::find_if(
        kTables.begin(), kTables.end(), [&](const Table& one) { return one.title == group.title; });
    append_group(out, group, table == kTables.end() ? nullptr : table);
}

// A table that netstat does not know is always shown, and does not begin at the left again.
void Statistics::append_group(LineBuffer& out, const CounterGroup& group, const Table* table) {
    if (table != nullptr) {
        place_ = Place::Plain;
        if (!wants(*table)) {
            return;
        }
    }
    out.append(group.title);
    out.append(":\n");
    for (const auto& [name, value] : group.counters) {
        append_counter(out, table, name, value);
    }
}

void Statistics::append_counter(LineBuffer& out, const Table* table, std::string_view name,
                                std::uint64_t value) {
    const CounterText* known = nullptr;
    if (table != nullptr) {
        const auto found = std::lower_bound(
            table->texts->begin(), table->texts->end(), name,
            [](const CounterText& text, std::string_view wanted) { return text.name < wanted; });
        known = found != table->texts->end() && found->name == name ? &*found : nullptr;
    }
    if (known == nullptr) {
        if (value != 0) {
            out.append_blanks(indent_of(place_ != Place::Plain));
            out.append(name);
            out.append(": ");
            out.append_number(value);
            out.append('\n');
        }
        return;
    }
    if (known->kind == CounterKind::Hidden) {
        return;
    }
    Place place = Place::Plain;
    if (known->kind == CounterKind::IcmpIn || known->kind == CounterKind::IcmpOut) {
        const bool input = known->kind == CounterKind::IcmpIn;
        place = input ? Place::IcmpInput : Place::IcmpOutput;
        if (place != place_) {
            out.append_blanks(indent_of(place_ != Place::Plain));
            out.append(input ? "ICMP input histogram:\n" : "ICMP output histogram:\n");
        }
    }
    if (value != 0 || known->kind == CounterKind::Always) {
        out.append_blanks(indent_of(place != Place::Plain));
        const std::size_t number = known->text.find("{}");
        out.append(known->text.substr(0, number));
        out.append_number(value);
        out.append(known->text.substr(number + 2));
        out.append('\n');
    }
    place_ = place;
}

}  // namespace tcpdx::netstat
