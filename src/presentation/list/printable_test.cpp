#include "presentation/list/printable.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>

namespace tcpdx {
namespace {

template <class Append, class... More>
std::string appended(const Append& append, std::string_view text, More... more) {
    std::string out(6 * text.size() + 2, '#');
    out.resize(static_cast<std::size_t>(append(out.data(), text, more...) - out.data()));
    return out;
}

TEST(AppendPrintable, NeverLetsAProgramCommandTheTerminal) {
    EXPECT_EQ(appended(append_printable, "a\x1b[2Jb\n", std::size_t{64}), "a?[2Jb?");
    EXPECT_EQ(appended(append_printable, "\xc2\x9b", std::size_t{64}), "?") << "C1 control";
    EXPECT_EQ(appended(append_printable, "서버", std::size_t{64}), "서버");
    EXPECT_EQ(appended(append_printable, "a\xff", std::size_t{64}), "a?");
}

TEST(AppendPrintable, CutsBetweenCharacters) {
    EXPECT_EQ(appended(append_printable, "서버", std::size_t{4}), "서");
    EXPECT_EQ(appended(append_printable, "abc", std::size_t{2}), "ab");
}

TEST(AppendJsonString, IsReadBackByAnotherParser) {
    const std::string text = "q\" b\\ n\n \x01 \x7f 서버 \xf0\x9f\x98\x80";
    EXPECT_EQ(nlohmann::json::parse(appended(append_json_string, text)), text);
}

TEST(AppendJsonString, ReplacesWhatIsNotUtf8) {
    for (const char* bytes : {"\xff", "\xc3", "\xe2\x82", "\xc0\x80", "\xed\xa0\x80",
                              "\xf4\x90\x80\x80", "\xf0\x80\x80\x80"}) {
        const auto parsed =
            nlohmann::json::parse(appended(append_json_string, bytes)).get<std::string>();
        EXPECT_EQ(parsed.substr(0, 3), "\ufffd");
    }
}

TEST(AppendCsvText, QuotesOnlyWhatNeedsIt) {
    EXPECT_EQ(appended(append_csv_text, "nginx"), "nginx");
    EXPECT_EQ(appended(append_csv_text, "a,b"), "\"a,b\"");
    EXPECT_EQ(appended(append_csv_text, "say \"hi\""), "\"say \"\"hi\"\"\"");
    EXPECT_EQ(appended(append_csv_text, "two\nlines"), "\"two\nlines\"");
}

}  // namespace
}  // namespace tcpdx
