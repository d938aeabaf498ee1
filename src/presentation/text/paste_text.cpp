#include "presentation/text/paste_text.h"

#include <algorithm>

#include "base/i18n.h"
#include "presentation/i18n.h"
#include "presentation/paste_lines.h"
#include "presentation/render.h"

namespace tcpdx {
namespace {

std::int64_t count_of(std::size_t number) {
    return static_cast<std::int64_t>(number);
}

Message plural(const char* one, const char* many, std::int64_t number) {
    return {.text = one, .values = {number}, .plural = many};
}

std::string joined(const std::vector<std::string>& parts, std::string_view between) {
    std::string text;
    for (const std::string& part : parts) {
        text += text.empty() ? "" : between;
        text += part;
    }
    return text;
}

}  // namespace

std::string_view system_name(HostSystem system) {
    switch (system) {
        case HostSystem::Unknown:
            return "";
        case HostSystem::Linux:
            return "Linux";
        case HostSystem::Windows:
            return "Windows";
        case HostSystem::MacOs:
            return "macOS";
        case HostSystem::FreeBsd:
            return "FreeBSD";
        case HostSystem::OpenBsd:
            return "OpenBSD";
        case HostSystem::Solaris:
            return "Solaris";
        case HostSystem::Aix:
            return "AIX";
    }
    return "";
}

std::string paste_summary(const Paste& paste) {
    std::vector<std::string> parts{
        render(plural(NP_("{0} line", "{0} lines"), count_of(paste.lines)))};
    parts.back() += ", " + render(Message{N_("sockets: {0}"), {count_of(paste.socket_rows)}});
    const std::string made_by = paste.command.empty() ? joined(paste.tools, ", ") : paste.command;
    if (!made_by.empty()) {
        parts.push_back(made_by);
    }
    if (const auto name = system_name(paste.system); !name.empty()) {
        parts.emplace_back(name);
    }
    if (paste.as_root) {
        parts.emplace_back(*paste.as_root ? _("made as root") : _("not made as root"));
    }
    if (paste.samples > 1) {
        parts.push_back(
            render(Message{N_("{0} samples of the same host"), {count_of(paste.samples)}}));
    }
    return joined(parts, "; ") + ".";
}

std::vector<std::string> unread_lines(const Paste& paste) {
    constexpr std::size_t kShown = 5;
    if (paste.unread_lines == 0) {
        return {};
    }
    std::vector<std::string> lines{
        render(Message{N_("{0} of {1} lines not understood:"),
                       {count_of(paste.unread_lines), count_of(paste.lines)}})};
    const std::size_t shown = std::min(paste.unread.size(), kShown);
    for (std::size_t i = 0; i < shown; ++i) {
        lines.push_back(render(Message{
            N_("line {0}: {1}"), {std::int64_t{paste.unread[i].number}, paste.unread[i].text}}));
    }
    if (paste.unread_lines > shown) {
        lines.push_back(
            render(Message{N_("and {0} more"), {count_of(paste.unread_lines - shown)}}));
    }
    return lines;
}

std::string lines_of(const Observations& seen, const diagnosis::Finding& finding) {
    constexpr std::size_t kShownRanges = 4;
    const std::vector<std::uint32_t> lines = line_numbers(seen, finding);
    if (lines.empty()) {
        return "";
    }
    std::string text;
    std::size_t ranges = 0;
    std::size_t told = 0;
    while (told < lines.size() && ranges < kShownRanges) {
        std::size_t end = told + 1;
        while (end < lines.size() && lines[end] == lines[end - 1] + 1) {
            ++end;
        }
        text += text.empty() ? "" : ", ";
        text += std::to_string(lines[told]);
        if (end - told > 1) {
            text += (end - told == 2 ? ", " : "-") + std::to_string(lines[end - 1]);
        }
        told = end;
        ++ranges;
    }
    if (lines.size() == 1) {
        return render(Message{N_("line {0}"), {text}});
    }
    if (told == lines.size()) {
        return render(Message{N_("lines {0}"), {text}});
    }
    return render(Message{N_("lines {0} and {1} more"), {text, count_of(lines.size() - told)}});
}

}  // namespace tcpdx
