#include "presentation/trace/cells.h"

#include <algorithm>
#include <charconv>
#include <cstring>
#include <tuple>

#include "base/i18n.h"
#include "presentation/i18n.h"
#include "presentation/list/printable.h"
#include "presentation/text/display_width.h"

namespace tcpdx::trace {
namespace {

constexpr std::size_t kEnd = 21;
constexpr std::size_t kOpener = 7;
constexpr std::size_t kOwner = 20;
constexpr std::size_t kNamespace = 12;
constexpr std::size_t kMostNameBytes = 64;

// The words around the {0} of a translated pattern.
std::pair<std::string, std::string> around(std::string_view pattern) {
    const std::size_t field = pattern.find("{0}");
    if (field == std::string_view::npos) {
        return {std::string(pattern), ""};
    }
    return {std::string(pattern.substr(0, field)), std::string(pattern.substr(field + 3))};
}

char* append_process(char* out, const LifeOwner& owner) {
    const std::string_view name = owner.name_text();
    const bool plain =
        std::all_of(name.begin(), name.end(), [](char c) { return c >= ' ' && c <= '~'; });
    out = plain ? append(out, name) : append_printable(out, name, kMostNameBytes);
    out = append(out, " (");
    out = std::to_chars(out, out + 12, owner.process).ptr;
    *out++ = ')';
    return out;
}

}  // namespace

char* append(char* out, std::string_view text) {
    std::memcpy(out, text.data(), text.size());
    return out + text.size();
}

char* pad(char* out, const char* begin, std::size_t width) {
    const auto bytes = static_cast<std::size_t>(out - begin);
    const bool ascii =
        std::none_of(begin, static_cast<const char*>(out), [](char c) { return (c & 0x80) != 0; });
    const std::size_t used = ascii ? bytes : display_width({begin, bytes});
    const std::size_t spaces = used < width ? width - used : 0;
    std::memset(out, ' ', spaces + 2);
    return out + spaces + 2;
}

ConnectionCells::ConnectionCells(const TraceContext& context)
    : context_(context), active_(_("active")), passive_(_("passive")) {
    std::tie(owner_prefix_, owner_suffix_) =
        /* xgettext:python-brace-format: a connection that this program should accept */
        around(_("for {0}"));
}

std::string ConnectionCells::header() const {
    std::string text = pad_right(_("Local"), kEnd + 2) + pad_right(_("Remote"), kEnd + 2);
    if (context_.namespace_name) {
        text += pad_right(_("Namespace"), kNamespace + 2);
    }
    return text + pad_right(_("Opener"), kOpener + 2) + pad_right(_("Owner"), kOwner + 2);
}

char* ConnectionCells::append_ends(char* out, const SocketAddress& local,
                                   const SocketAddress& remote,
                                   std::uint32_t network_namespace) const {
    char* begin = out;
    out = pad(format_to(out, local), begin, kEnd);
    begin = out;
    out = pad(format_to(out, remote), begin, kEnd);
    if (context_.namespace_name) {
        begin = out;
        const std::string_view name = context_.namespace_name(network_namespace);
        out = name.empty() ? append(out, "-") : append_printable(out, name, kMostNameBytes);
        out = pad(out, begin, kNamespace);
    }
    return out;
}

char* ConnectionCells::append_owner(char* out, const Life* life) const {
    char* begin = out;
    const Opener opener = life == nullptr ? Opener::Unknown : life->opener;
    if (opener == Opener::Unknown) {
        *out++ = '-';
    } else {
        out = append(out, opener == Opener::Active ? active_ : passive_);
    }
    out = pad(out, begin, kOpener);
    begin = out;
    switch (life == nullptr ? OwnerBasis::None : life->owner.basis) {
        case OwnerBasis::None:
            *out++ = '-';
            break;
        case OwnerBasis::Used:
            out = append_process(out, life->owner);
            break;
        case OwnerBasis::Listener:
            out = append(append_process(append(out, owner_prefix_), life->owner), owner_suffix_);
            break;
    }
    return pad(out, begin, kOwner);
}

}  // namespace tcpdx::trace
