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
