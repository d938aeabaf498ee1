// Real pasted outputs, which are not part of this tree: TCPDX_CORPUS names their folder.

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>

#include "sources/text/headers.h"
#include "sources/text/lines.h"
#include "sources/text/reading_for_tests.h"
#include "sources/text/state_words.h"
#include "sources/text/tokens.h"

namespace tcpdx::text {
namespace {

std::filesystem::path corpus() {
    const char* given = std::getenv("TCPDX_CORPUS");
    return given != nullptr ? std::filesystem::path(given)
                            : std::filesystem::path(TCPDX_PROJECT_ROOT) / "../shared/corpus";
}

// The strings of one line of JSON by their names; what else it has is left out.
std::map<std::string, std::string> strings_of(std::string_view json) {
    std::map<std::string, std::string> strings;
    std::string key;
    bool have_key = false;
    const auto hex4 = [&](std::size_t at) {
        return static_cast<std::uint32_t>(std::stoul(std::string(json.substr(at, 4)), nullptr, 16));
    };
    for (std::size_t at = 0; at < json.size(); ++at) {
        if (json[at] != '"') {
            have_key = have_key && json[at] != ',';
            continue;
        }
        std::string text;
        for (++at; at < json.size() && json[at] != '"'; ++at) {
            if (json[at] != '\\') {
                text += json[at];
                continue;
            }
            ++at;
            switch (json[at]) {
                case 'n':
                    text += '\n';
                    break;
                case 't':
                    text += '\t';
                    break;
                case 'r':
                    text += '\r';
                    break;
                case 'b':
                    text += '\b';
                    break;
                case 'f':
                    text += '\f';
                    break;
                case 'u': {
                    const std::uint32_t code = hex4(at + 1);
                    at += 4;
                    std::string wide = "\xff\xfe";
                    wide += static_cast<char>(code & 0xffU);
                    wide += static_cast<char>(code >> 8U);
                    text += utf8_from_utf16(wide).value_or("");
                    break;
                }
                default:
                    text += json[at];
            }
        }
        if (have_key) {
            strings[key] = text;
            have_key = false;
        } else {
            key = text;
            have_key = true;
        }
    }
    return strings;
}

// Shape alone, by other means than the readers': two numbers, names or stars that end in a port.
bool has_two_endpoints_and_a_state(std::string_view line) {
    const Tokens tokens(line);
    int endpoints = 0;
    bool state = false;
    for (std::size_t i = 0; i < tokens.size(); ++i) {
        std::string_view word = tokens[i];
        state = state || written_as_state(word);
        endpoints += word.find("->") != std::string_view::npos ? 2 : 0;
        const std::size_t mark = word.find_last_of(":.");
        if (mark == std::string_view::npos || mark == 0) {
            continue;
        }
        const std::string_view port = word.substr(mark + 1);
        const bool address = is_digit(word.front()) || word.front() == '*' || word.front() == '[' ||
                             word.front() == ':';
        endpoints += address && (all_digits(port) || port == "*") ? 1 : 0;
    }
    return endpoints >= 2 && state;
}

bool is_understood_as_other(std::string_view line) {
    const Tokens tokens(line);
    for (std::size_t i = 0; i < std::min<std::size_t>(tokens.size(), 3); ++i) {
        for (const std::string_view other :
             {"udp", "raw", "UDP", "nl", "u_", "p_", "unix", "icmp"}) {
            if (tokens[i].starts_with(other)) {
                return true;
            }
        }
    }
    return contains_ignoring_case(line, "udp");
}

TEST(Corpus, NoSocketRowIsLost) {
    std::ifstream file(corpus() / "text" / "cases.jsonl");
    if (!file) {
        GTEST_SKIP() << "no corpus at " << corpus() << "; TCPDX_CORPUS names its folder";
    }
    std::size_t cases = 0;
    std::string json;
    while (std::getline(file, json)) {
        const auto sample = strings_of(json);
        ASSERT_TRUE(sample.contains("text"));
        ASSERT_TRUE(sample.contains("id"));
        SCOPED_TRACE(sample.at("id"));
        ++cases;
        const std::string& text = sample.at("text");
        const Reading reading = read_paste(text);
        const Paste& paste = *reading.now.paste;

        std::size_t expected = 0;
        LineReader lines(text);
        while (const auto line = lines.next()) {
            if (has_two_endpoints_and_a_state(*line) && !is_understood_as_other(*line)) {
                ++expected;
            }
        }
        EXPECT_GE(paste.socket_rows + paste.unread_lines + paste.rows_without_state, expected);
        // What was not understood is only what somebody took the addresses out of.
        for (const UnreadLine& unread : paste.unread) {
            EXPECT_THAT(unread.text, testing::HasSubstr("...")) << "line " << unread.number;
        }
        EXPECT_EQ(paste.lines,
                  static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n')) +
                      (text.empty() || text.back() == '\n' ? 0 : 1));
    }
    EXPECT_GT(cases, 100U);
}

TEST(Corpus, EverySampleSurvivesTruncation) {
    std::ifstream file(corpus() / "text" / "cases.jsonl");
    if (!file) {
        GTEST_SKIP() << "no corpus at " << corpus() << "; TCPDX_CORPUS names its folder";
    }
    std::string json;
    while (std::getline(file, json)) {
        const std::string text = strings_of(json).at("text");
        for (std::size_t size = 0; size < text.size(); size += 1 + text.size() / 40) {
            EXPECT_TRUE(read_paste(std::string_view(text).substr(0, size)).now.paste);
        }
    }
}

}  // namespace
}  // namespace tcpdx::text
