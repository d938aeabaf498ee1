#include "app/pasted_input.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstring>

#include "app/command.h"
#include "base/i18n.h"
#include "base/unique_fd.h"
#include "diagnosis/commands_by_system.h"
#include "diagnosis/paste_report.h"
#include "presentation/i18n.h"
#include "presentation/render.h"

namespace tcpdx::app {
namespace {

constexpr std::size_t kChunk = std::size_t{1} << 20U;

std::string name_of(const std::string& path) {
    return path == "-" ? std::string(_("standard input")) : path;
}

tl::unexpected<BadPaste> unreadable(const std::string& path, int os_error) {
    return unexpected(BadPaste{
        render(Message{N_("{0} cannot be read: {1}"),
                       {name_of(path),
                        std::string(std::strerror(os_error))}}),  // NOLINT(concurrency-mt-unsafe)
        kNoInput});
}

// Not mapped: a file that another program shortens meanwhile would end this one by SIGBUS.
Result<std::string, BadPaste> read_all(const std::string& path) {
    UniqueFd file;
    int fd = STDIN_FILENO;
    if (path != "-") {
        file = UniqueFd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY));
        if (!file) {
            return unreadable(path, errno);
        }
        fd = file.get();
    } else if (::isatty(fd) == 1) {
        std::fprintf(stderr, "%s\n", _("Paste the text, then press Ctrl-D on a line of its own."));
    }
    struct stat status {};
    std::string bytes;
    if (::fstat(fd, &status) == 0 && S_ISREG(status.st_mode) && status.st_size > 0) {
        bytes.reserve(static_cast<std::size_t>(status.st_size) + 1);
    }
    for (;;) {
        const std::size_t used = bytes.size();
        if (bytes.capacity() - used < 2) {
            bytes.reserve(std::max(kChunk, bytes.capacity() * 2));
        }
        bytes.resize(std::min(bytes.capacity(), used + kChunk));
        const ssize_t got = ::read(fd, bytes.data() + used, bytes.size() - used);
        if (got < 0 && errno == EINTR) {
            bytes.resize(used);
            continue;
        }
        if (got < 0) {
            return unreadable(path, errno);
        }
        bytes.resize(used + static_cast<std::size_t>(got));
        if (got == 0) {
            return bytes;
        }
    }
}

void append_utf8(std::string& text, std::uint32_t code) {
    const auto add = [&](std::uint32_t byte) { text += static_cast<char>(byte); };
    if (code < 0x80) {
        add(code);
    } else if (code < 0x800) {
        add(0xc0U | code >> 6U);
        add(0x80U | (code & 0x3fU));
    } else if (code < 0x10000) {
        add(0xe0U | code >> 12U);
        add(0x80U | (code >> 6U & 0x3fU));
        add(0x80U | (code & 0x3fU));
    } else {
        add(0xf0U | code >> 18U);
        add(0x80U | (code >> 12U & 0x3fU));
        add(0x80U | (code >> 6U & 0x3fU));
        add(0x80U | (code & 0x3fU));
    }
}

// As PowerShell 5 writes every redirected output, with a byte order mark.
std::string without_utf16(std::string bytes) {
    const bool little = bytes.starts_with("\xff\xfe");
    const bool big = bytes.starts_with("\xfe\xff");
    if (!little && !big) {
        return bytes;
    }
    const auto unit = [&](std::size_t at) {
        const auto low = static_cast<unsigned char>(bytes[at + (little ? 0 : 1)]);
        const auto high = static_cast<unsigned char>(bytes[at + (little ? 1 : 0)]);
        return static_cast<std::uint32_t>(high << 8U | low);
    };
    std::string text;
    text.reserve(bytes.size() / 2);
    for (std::size_t at = 2; at + 1 < bytes.size(); at += 2) {
        std::uint32_t code = unit(at);
        const bool surrogate = code >= 0xd800 && code < 0xe000;
        if (surrogate && code < 0xdc00 && at + 3 < bytes.size() && unit(at + 2) >= 0xdc00 &&
            unit(at + 2) < 0xe000) {
            code = 0x10000 + ((code - 0xd800) << 10U) + (unit(at + 2) - 0xdc00);
            at += 2;
        } else if (surrogate) {
            code = 0xfffd;
        }
        append_utf8(text, code);
    }
    return text;
}

// Text may contain a few zero bytes, from a terminal's log or a broken copy. A program, an archive
// or a picture is full of them.
bool is_binary(const std::string& bytes) {
    const auto zeros = std::count(bytes.begin(), bytes.end(), '\0');
    return zeros > 16 && static_cast<std::size_t>(zeros) > bytes.size() / 200;
}

bool was_understood(const Observations& seen) {
    const Paste& paste = *seen.paste;
    return diagnosis::has_content(seen) || !paste.tools.empty() || !paste.command.empty() ||
           paste.socket_rows > 0 || paste.rows_without_state > 0;
}

}  // namespace

Result<text::Reading, BadPaste> read_pasted(const std::string& path) {
    const std::string bytes = without_utf16(TRY(read_all(path)));
    if (bytes.find_first_not_of(" \t\r\n") == std::string::npos) {
        return unexpected(
            BadPaste{render(Message{N_("{0} is empty."), {name_of(path)}}), kBadInput});
    }
    if (is_binary(bytes)) {
        return unexpected(
            BadPaste{render(Message{N_("{0} is not text."), {name_of(path)}}), kBadInput});
    }
    text::Reading reading = text::read_paste(bytes);
    if (!was_understood(reading.now)) {
        return unexpected(BadPaste{
            render(Message{N_("nothing in {0} looks like the output of netstat, ss, lsof "
                              "or /proc/net/tcp (lines read: {1}). Best is the output of: "
                              "{2}"),
                           {name_of(path), static_cast<std::int64_t>(reading.now.paste->lines),
                            diagnosis::deciding_command(reading.now.paste->system)}}),
            kBadInput});
    }
    return reading;
}

}  // namespace tcpdx::app
