#include "diagnosis/paste_names.h"

#include <gtest/gtest.h>

#include "base/i18n.h"

namespace tcpdx::diagnosis {
namespace {

const Paste kPaste{.host_names = {"db.example", "x.x$(reboot)"}};
const SocketAddress kDatabase{IpAddress::name(0), 5432};
const SocketAddress kHidden{IpAddress::name(1), 80};

TEST(PasteNames, AreShownInsteadOfTheirStandIns) {
    EXPECT_EQ(shown(&kPaste, kDatabase), "db.example:5432");
    EXPECT_EQ(shown(&kPaste, {*parse_ip_address("192.0.2.1"), 80}), "192.0.2.1:80");
    EXPECT_EQ(shown(nullptr, {*parse_ip_address("192.0.2.1"), 80}), "192.0.2.1:80");
}

TEST(PasteNames, ComeBackIntoTextsAndCommands) {
    Finding finding;
    finding.claim = {N_("{0} of {1}"), {kDatabase, kDatabase.address}};
    finding.evidence = {
        {{N_("fact")}, Origin::PastedText, "ss 'dst " + to_string(kDatabase) + "'"}};
    put_names_back(finding, kPaste);
    EXPECT_EQ(finding.claim.values[0], Value(std::string("db.example:5432")));
    EXPECT_EQ(finding.claim.values[1], Value(std::string("db.example")));
    EXPECT_EQ(finding.evidence[0].check, "ss 'dst db.example:5432'");
}

TEST(PasteNames, DoNotComeIntoACommandWhenAShellCouldMisunderstandThem) {
    Finding finding;
    finding.claim = {N_("{0}"), {kHidden}};
    finding.evidence = {{{N_("fact")}, Origin::PastedText, "ss dst " + to_string(kHidden)}};
    put_names_back(finding, kPaste);
    EXPECT_EQ(finding.claim.values[0], Value(std::string("x.x$(reboot):80")));
    EXPECT_EQ(finding.evidence[0].check, "");
}

TEST(PasteNames, AreNotConfusedByTheirNumbers) {
    Paste many;
    for (int i = 0; i < 12; ++i) {
        many.host_names.push_back("host" + std::to_string(i));
    }
    Finding finding;
    finding.evidence = {{{N_("fact")}, Origin::PastedText, "ping name-11"}};
    put_names_back(finding, many);
    EXPECT_EQ(finding.evidence[0].check, "ping host11");
}

}  // namespace
}  // namespace tcpdx::diagnosis
