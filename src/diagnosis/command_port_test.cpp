#include "diagnosis/command_port.h"

#include <gtest/gtest.h>

namespace tcpdx::diagnosis {
namespace {

TEST(PortSelectedBy, KnowsTheUsualWaysToSelect) {
    for (const char* command :
         {"netstat -antp | grep 8080", "netstat -ano | findstr :8080", "lsof -i:8080",
          "lsof -i :8080", "lsof -nP -iTCP:8080 -sTCP:LISTEN", "ss -tan 'sport = :8080'",
          "ss -ltn sport = :8080", "netstat -an|grep '[.]8080 '", "netstat -ano | find \"8080\"",
          "netstat -tulpn | grep ':8080$'", "sudo lsof -i tcp:8080"}) {
        EXPECT_EQ(port_selected_by(command), 8080) << command;
    }
}

TEST(PortSelectedBy, TakesNothingElseForAPort) {
    for (const char* command :
         {"netstat -antp", "", "netstat -an | grep CLOSE_WAIT", "netstat -an | grep 192.0.2.1",
          "netstat -an | head -20", "netstat -an | grep 80808080", "ss -tan | awk '{print $5}'",
          "netstat -an | grep 0", "lsof -i", "ps aux | grep java", "netstat -an 5"}) {
        EXPECT_EQ(port_selected_by(command), std::nullopt) << command;
    }
}

TEST(PortSelectedBy, DoesNotChooseAmongSeveral) {
    EXPECT_EQ(port_selected_by("netstat -an | grep -e 80 -e 443"), std::nullopt);
    EXPECT_EQ(port_selected_by("ss -tn 'dport = :4004 or sport = :4004'"), 4004);
}

}  // namespace
}  // namespace tcpdx::diagnosis
