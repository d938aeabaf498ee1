#include "diagnosis/paste_names.h"

#include <cctype>
#include <charconv>

namespace tcpdx::diagnosis {
namespace {

void put_names_back(Message& message, const Paste& paste) {
    for (Value& value : message.values) {
        if (const auto* address = std::get_if<IpAddress>(&value)) {
            if (const auto name = paste.host_name(*address); !name.empty()) {
                value = std::string(name);
            }
        } else if (const auto* end = std::get_if<SocketAddress>(&value)) {
            if (!paste.host_name(end->address).empty()) {
                value = shown(&paste, *end);
            }
        }
    }
}

// Letters that hide an address, or a name that was cut, may stand there: no shell should run that.
bool is_safe(std::string_view name) {
    for (const char letter : name) {
        if (std::isalnum(static_cast<unsigned char>(letter)) == 0 && letter != '.' &&
            letter != '-') {
            return false;
        }
    }
    return !name.empty();
}

// "name-3" is how a stand-in is written in a command.
void put_names_back(std::string& command, const Paste& paste) {
    constexpr std::string_view kStandIn = "name-";
    const std::size_t at = command.find(kStandIn);
    if (at == std::string::npos) {
        return;
    }
    std::uint32_t index = 0;
    const char* const digits = command.data() + at + kStandIn.size();
    const auto [end, error] = std::from_chars(digits, command.data() + command.size(), index);
    if (error != std::errc() || index >= paste.host_names.size()) {
        return;
    }
    if (!is_safe(paste.host_names[index])) {
        command.clear();
        return;
    }
    command.replace(at, static_cast<std::size_t>(end - command.data()) - at,
                    paste.host_names[index]);
}

}  // namespace

std::string shown(const Paste* paste, const SocketAddress& address) {
    const std::string_view name =
        paste == nullptr ? std::string_view() : paste->host_name(address.address);
    if (name.empty()) {
        return to_string(address);
    }
    return std::string(name) + ":" + (address.port == 0 ? "*" : std::to_string(address.port));
}

void put_names_back(Finding& finding, const Paste& paste) {
    if (paste.host_names.empty()) {
        return;
    }
    const auto all_of = [&](std::vector<Message>& messages) {
        for (Message& message : messages) {
            put_names_back(message, paste);
        }
    };
    put_names_back(finding.claim, paste);
    for (Observation& fact : finding.evidence) {
        put_names_back(fact.fact, paste);
        put_names_back(fact.check, paste);
    }
    for (Candidate& candidate : finding.candidates) {
        put_names_back(candidate.cause, paste);
        put_names_back(candidate.decided_by, paste);
        put_names_back(candidate.command, paste);
    }
    all_of(finding.unknown);
    all_of(finding.advice);
}

}  // namespace tcpdx::diagnosis
