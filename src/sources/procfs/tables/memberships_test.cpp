#include "sources/procfs/tables/memberships.h"

#include <gtest/gtest.h>

#include <string>

namespace tcpdx::proc_tables {
namespace {

using Line = IgmpReader::Line;

TEST(IgmpReader, GivesEachGroupTheInterfaceAboveIt) {
    IgmpReader reader;
    GroupMembership found;
    EXPECT_EQ(reader.read("Idx\tDevice    : Count Querier\tGroup    Users Timer\tReporter", found),
              Line::Heading);
    EXPECT_EQ(reader.read("1\tlo        :     1      V3", found), Line::Interface);
    EXPECT_EQ(reader.read("\t\t\t\t010000E0     2 0:00000000\t\t0", found), Line::Group);
    EXPECT_EQ(found.interface, "lo        ");
    EXPECT_EQ(found.references, 2);
    EXPECT_EQ(to_string(found.group), "224.0.0.1");
}

TEST(IgmpReader, SurvivesEveryTruncation) {
    for (const std::string_view line :
         {std::string_view("1\tlo        :     1      V3"),
          std::string_view("\t\t\t\t010000E0     2 0:00000000\t\t0")}) {
        for (std::size_t size = 0; size < line.size(); ++size) {
            IgmpReader reader;
            GroupMembership found;
            reader.read("heading", found);
            const std::string cut(line.substr(0, size));
            if (reader.read(cut, found) == Line::Group) {
                EXPECT_EQ(to_string(found.group), "224.0.0.1") << "cut to " << size;
            }
        }
    }
}

TEST(ParseIgmp6, ReadsAGroup) {
    constexpr std::string_view kLine =
        "4    eth0            ff0200000000000000000001ff000002     1 00000004 0";
    const auto found = parse_igmp6(kLine);
    ASSERT_TRUE(found);
    EXPECT_EQ(found->interface, "eth0");
    EXPECT_EQ(found->references, 1);
    EXPECT_EQ(to_string(found->group), "ff02::1:ff00:2");
    for (std::size_t size = 0; size < kLine.find("1 00000004"); ++size) {
        EXPECT_FALSE(parse_igmp6(std::string(kLine.substr(0, size)))) << "cut to " << size;
    }
}

}  // namespace
}  // namespace tcpdx::proc_tables
