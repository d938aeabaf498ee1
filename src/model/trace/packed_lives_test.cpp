#include "model/trace/packed_lives.h"

#include <gmock/gmock.h>

#include <cstring>
#include <map>
#include <random>
#include <string>

namespace tcpdx::trace {
namespace {

class PackedLivesTest : public ::testing::Test {
protected:
    void put(std::uint64_t cookie, const std::string& text) {
        lives.put(cookie, std::as_bytes(std::span(text.c_str(), text.size() + 1)));
    }
    [[nodiscard]] static std::string text_of(const std::byte* packed) {
        return packed == nullptr ? "(none)" : reinterpret_cast<const char*>(packed);
    }
    [[nodiscard]] std::map<std::uint64_t, std::string> all() const {
        std::map<std::uint64_t, std::string> found;
        lives.for_each([&found](std::uint64_t cookie, const std::byte* packed) {
            EXPECT_TRUE(found.emplace(cookie, text_of(packed)).second) << cookie << " twice";
        });
        return found;
    }

    PackedLives lives;
};

TEST_F(PackedLivesTest, FindsWhatWasPutIn) {
    EXPECT_EQ(lives.find(1), nullptr);
    put(1, "one");
    put(2, "two");
    EXPECT_EQ(text_of(lives.find(1)), "one");
    EXPECT_EQ(text_of(lives.find(2)), "two");
    EXPECT_EQ(lives.find(3), nullptr);
    EXPECT_EQ(lives.size(), 2);
}

TEST_F(PackedLivesTest, PutsTheLatestInThePlaceOfTheOneBefore) {
    put(1, "one");
    put(1, "another one, and longer");
    EXPECT_EQ(lives.size(), 1);
    EXPECT_EQ(text_of(lives.find(1)), "another one, and longer");
    EXPECT_EQ(all().size(), 1);
}

TEST_F(PackedLivesTest, ForgetsWhatIsErased) {
    put(1, "one");
    put(2, "two");
    lives.erase(1);
    lives.erase(7);
    EXPECT_EQ(lives.find(1), nullptr);
    EXPECT_EQ(text_of(lives.find(2)), "two");
    EXPECT_EQ(lives.size(), 1);
}

TEST_F(PackedLivesTest, TakesTheLargestThatThereIs) {
    const std::vector<std::byte> large(PackedLives::kMostBytes, std::byte{42});
    for (std::uint64_t cookie = 1; cookie <= 200; ++cookie) {
        lives.put(cookie, large);
    }
    for (std::uint64_t cookie = 1; cookie <= 200; ++cookie) {
        ASSERT_EQ(std::memcmp(lives.find(cookie), large.data(), large.size()), 0);
    }
}

// Against a map, with what a host does: most go in the order in which they came, some stay.
TEST_F(PackedLivesTest, HoldsTheSameAsAMapWhateverComesAndGoes) {
    std::mt19937 random(1);  // NOLINT(cert-msc51-cpp): the same every time
    std::map<std::uint64_t, std::string> expected;
    std::uint64_t next = 1;
    for (int round = 0; round < 60; ++round) {
        const auto come = random() % 4000;
        for (std::uint64_t i = 0; i < come; ++i, ++next) {
            expected[next] = std::string(random() % 300, 'x') + std::to_string(next);
            put(next, expected[next]);
        }
        const auto go = round % 10 == 9 ? expected.size() : random() % 4000;
        auto oldest = expected.begin();
        for (std::uint64_t i = 0; i < go && oldest != expected.end(); ++i) {
            if (oldest->first % 50 == 0 && round % 20 != 19) {
                ++oldest;  // this one stays
                continue;
            }
            lives.erase(oldest->first);
            oldest = expected.erase(oldest);
        }
        for (int i = 0; i < 50 && !expected.empty(); ++i) {
            const auto known = expected.lower_bound(random() % next);
            if (known != expected.end()) {
                known->second = "changed in round " + std::to_string(round);
                put(known->first, known->second);
            }
        }
        if (round % 3 == 0) {
            lives.compact();
        }
        ASSERT_EQ(lives.size(), expected.size()) << "round " << round;
        ASSERT_EQ(all(), expected) << "round " << round;
        for (const auto& [cookie, text] : expected) {
            ASSERT_EQ(text_of(lives.find(cookie)), text) << "round " << round;
        }
    }
}

}  // namespace
}  // namespace tcpdx::trace
