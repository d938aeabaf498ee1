#include "history/schema.h"

#include <gmock/gmock.h>

#include "history/history_for_tests.h"

namespace tcpdx::history {
namespace {

class Schema : public HistoryTest {
protected:
    [[nodiscard]] Database database() const {
        return *Database::open(settings.path, Database::Use::Write);
    }
};

TEST_F(Schema, IsMadeInANewFile) {
    Database file = database();
    ASSERT_TRUE(migrate(file));
    EXPECT_TRUE(check_version(file));
    EXPECT_EQ(**file.number("SELECT version FROM schema_version"), kSchemaVersion);
}

TEST_F(Schema, IsLeftAloneWhenItIsThereAlready) {
    Database file = database();
    ASSERT_TRUE(migrate(file));
    ASSERT_TRUE(file.run("INSERT INTO gap VALUES (1, 2, 3, 'crashed', 0)"));
    ASSERT_TRUE(migrate(file));
    EXPECT_EQ(**file.number("SELECT count(*) FROM gap"), 1);
}

// A file of version 1 has brief connections as rows; they are found beside those that come.
TEST_F(Schema, OfTheFirstVersionIsBroughtUpToDateWithWhatIsInIt) {
    {
        Recorder recorder = open();
        recorder.note(half_closed(0, 1));
        ASSERT_TRUE(recorder.commit(at(1)));
        recorder.note(ended(half_closed(0, 1), 3));
        ASSERT_TRUE(recorder.close(at(4)));
    }
    ASSERT_TRUE(database().run("DROP TABLE brief; UPDATE schema_version SET version = 1"));
    EXPECT_FALSE(Reader::open(settings.path)) << "a reader changes nothing";
    Recorder recorder = open(at(10));
    recorder.note(ended(half_closed(11, 2), 13));
    ASSERT_TRUE(recorder.commit(at(14)));
    EXPECT_EQ(**database().number("SELECT version FROM schema_version"), kSchemaVersion);
    std::vector<std::uint64_t> cookies;
    ASSERT_TRUE(reader().lives_ended({.from = at(0), .to = at(20)}, [&](const KeptLife& kept) {
        cookies.push_back(kept.life.cookie);
    }));
    EXPECT_THAT(cookies, ::testing::ElementsAre(1002, 1001));
}

TEST_F(Schema, OfALaterVersionIsRefusedAndNotTouched) {
    {
        Database file = database();
        ASSERT_TRUE(migrate(file));
        ASSERT_TRUE(file.run("UPDATE schema_version SET version = 1000"));
    }
    const auto recorder = Recorder::open(settings, kStart);
    ASSERT_FALSE(recorder);
    EXPECT_EQ(recorder.error().code, ErrorCode::Usage);
    EXPECT_FALSE(Reader::open(settings.path));
    EXPECT_EQ(**database().number("SELECT version FROM schema_version"), 1000);
}

TEST_F(Schema, IsNotMadeByAReader) {
    EXPECT_FALSE(Reader::open(settings.path));
    EXPECT_FALSE(std::filesystem::exists(settings.path));
}

TEST_F(Schema, OfAnotherProgramsFileIsAnError) {
    std::FILE* file = std::fopen(settings.path.c_str(), "w");
    std::fputs("this is no database, however long one looks at it; not at all, whatever", file);
    std::fclose(file);
    const auto recorder = Recorder::open(settings, kStart);
    ASSERT_FALSE(recorder);
    EXPECT_EQ(recorder.error().code, ErrorCode::Malformed);
}

}  // namespace
}  // namespace tcpdx::history
