#include "sources/trace/event_ring.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <linux/bpf.h>

#include <array>
#include <cstring>
#include <string>
#include <vector>

namespace tcpdx::trace {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

// What the kernel does, without a kernel.
class EventRingTest : public testing::Test {
protected:
    void put(std::string_view text, std::uint32_t flags = 0) {
        const auto size = static_cast<std::uint32_t>(text.size());
        write(produced_, std::to_array<std::uint32_t>({size | flags, 0}));
        for (std::size_t i = 0; i < text.size(); ++i) {
            room_[(produced_ + 8 + i) % room_.size()] = static_cast<std::byte>(text[i]);
        }
        produced_ += (8 + text.size() + 7) / 8 * 8;
    }
    void write(std::uint64_t position, const std::array<std::uint32_t, 2>& header) {
        std::memcpy(&room_[position % room_.size()], header.data(), sizeof header);
    }
    std::vector<std::string> consumed() {
        std::vector<std::string> records;
        ring_.consume([&](std::span<const std::byte> record) {
            records.emplace_back(reinterpret_cast<const char*>(record.data()), record.size());
        });
        return records;
    }

    alignas(8) std::array<std::byte, 64> room_{};
    std::uint64_t consumed_ = 0;
    std::uint64_t produced_ = 0;
    EventRing ring_{consumed_, produced_, room_};
};

TEST_F(EventRingTest, HandsOverEachRecordOnce) {
    put("one");
    put("another");
    EXPECT_THAT(consumed(), ElementsAre("one", "another"));
    EXPECT_THAT(consumed(), IsEmpty());
    EXPECT_EQ(consumed_, produced_);
}

TEST_F(EventRingTest, PutsARecordTogetherThatWrapsAround) {
    put("0123456789abcdef0123456789abcdef");
    EXPECT_THAT(consumed(), testing::SizeIs(1));
    put("from the end to the beginning");
    EXPECT_THAT(consumed(), ElementsAre("from the end to the beginning"));
}

TEST_F(EventRingTest, BeginsARecordWhoseHeaderIsTheLastOfTheBuffer) {
    put(std::string(48, '-'));
    EXPECT_THAT(consumed(), testing::SizeIs(1));
    put("at the very beginning");
    EXPECT_THAT(consumed(), ElementsAre("at the very beginning"));
}

TEST_F(EventRingTest, StopsBeforeARecordThatIsStillWritten) {
    put("whole");
    const std::uint64_t second = produced_;
    put("half", BPF_RINGBUF_BUSY_BIT);
    put("after");
    EXPECT_THAT(consumed(), ElementsAre("whole"));
    write(second, {4, 0});
    EXPECT_THAT(consumed(), ElementsAre("half", "after"));
}

TEST_F(EventRingTest, PassesOverADiscardedRecord) {
    put("dropped", BPF_RINGBUF_DISCARD_BIT);
    put("kept");
    EXPECT_THAT(consumed(), ElementsAre("kept"));
}

}  // namespace
}  // namespace tcpdx::trace
