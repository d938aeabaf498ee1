#include "presentation/netstat/address_text.h"

#include <array>
#include <charconv>

namespace tcpdx::netstat {
namespace {

constexpr int kWords = 8;

char* write_v4(char* out, const std::uint8_t* octets) {
    for (int i = 0; i < 4; ++i) {
        if (i > 0) {
            *out++ = '.';
        }
        const unsigned octet = octets[i];
        if (octet >= 100) {
            *out++ = static_cast<char>('0' + octet / 100);
        }
        if (octet >= 10) {
            *out++ = static_cast<char>('0' + octet / 10 % 10);
        }
        *out++ = static_cast<char>('0' + octet % 10);
    }
    return out;
}

struct Run {
    int start = -1;
    int length = 0;
};

// The first of the longest runs of zero words; a single word is not worth "::".
Run longest_zero_run(const std::array<unsigned, kWords>& words) {
    Run longest;
    for (int start = 0; start < kWords; ++start) {
        int end = start;
        while (end < kWords && words.at(static_cast<std::size_t>(end)) == 0) {
            ++end;
        }
        if (end - start > longest.length && end - start >= 2) {
            longest = {start, end - start};
        }
        start = end > start ? end : start;
    }
    return longest;
}

}  // namespace

char* write_address(char* out, const IpAddress& address) {
    if (address.is_v4_mapped()) {
        return write_v4(out, &address.bytes[12]);
    }
    std::array<unsigned, kWords> words{};
    for (std::size_t i = 0; i < words.size(); ++i) {
        words.at(i) = (unsigned{address.bytes.at(2 * i)} << 8U) | address.bytes.at(2 * i + 1);
    }
    const Run zeros = longest_zero_run(words);
    for (int i = 0; i < kWords;) {
        if (i == zeros.start) {
            *out++ = ':';
            i += zeros.length;
            if (i == kWords) {
                *out++ = ':';
            }
            continue;
        }
        if (i > 0) {
            *out++ = ':';
        }
        // ::a.b.c.d, the "compatible" addresses of RFC 4291, 2.5.5.1: inet_ntop() still has them.
        if (i == 6 && zeros.start == 0 && zeros.length == 6) {
            return write_v4(out, &address.bytes[12]);
        }
        out = std::to_chars(out, out + 4, words.at(static_cast<std::size_t>(i)), 16).ptr;
        ++i;
    }
    return out;
}

}  // namespace tcpdx::netstat
