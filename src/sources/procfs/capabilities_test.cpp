#include "sources/procfs/capabilities.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>

#include "base/words.h"
#include "sources/procfs/proc_file.h"

namespace tcpdx::procfs {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

TEST(Capabilities, NamesWhatIsMissing) {
    Capabilities capabilities;
    for (const Capability capability : kAllCapabilities) {
        if (capability != Capability::SysPtrace) {
            capabilities.add(capability);
        }
    }
    EXPECT_THAT(capabilities.missing(), ElementsAre(Capability::SysPtrace));
    capabilities.add(Capability::SysPtrace);
    EXPECT_THAT(capabilities.missing(), IsEmpty());
}

TEST(Capabilities, AreSpelledAsInTheManual) {
    EXPECT_EQ(name_of(Capability::DacReadSearch), "CAP_DAC_READ_SEARCH");
    EXPECT_EQ(name_of(Capability::PerfMon), "CAP_PERFMON");
}

TEST(EffectiveCapabilities, AgreeWithWhatTheKernelPrints) {
    const auto status = read_file(-1, "/proc/thread-self/status");
    ASSERT_TRUE(status);
    const std::size_t row = status->find("CapEff:\t");
    ASSERT_NE(row, std::string::npos);
    const auto bits = number_in<std::uint64_t>(std::string_view(*status).substr(row + 8, 16), 16);
    ASSERT_TRUE(bits);
    // Their numbers in linux/capability.h.
    constexpr unsigned kNetAdmin = 12;
    constexpr unsigned kBpf = 39;
    const Capabilities capabilities = effective_capabilities();
    EXPECT_EQ(capabilities.has(Capability::NetAdmin), (*bits >> kNetAdmin & 1U) != 0);
    EXPECT_EQ(capabilities.has(Capability::Bpf), (*bits >> kBpf & 1U) != 0);
}

}  // namespace
}  // namespace tcpdx::procfs
