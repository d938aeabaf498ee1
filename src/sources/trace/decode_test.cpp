#include "sources/trace/decode.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>

#include <cstring>
#include <vector>

#include "sources/trace/bpf/trace_record.h"

namespace tcpdx::trace {
namespace {

using testing::ElementsAre;

trace_record state_change() {
    trace_record record{};
    record.monotonic_ns = 1'000'000'000;
    record.cookie = 77;
    record.network_namespace = 4026531833;
    record.process = 42;
    record.local_port = 80;
    record.remote_port = 40000;
    record.kind = TRACE_STATE;
    record.family = AF_INET;
    record.old_state = 1;
    record.new_state = 8;
    record.flags = TRACE_IN_CALL | TRACE_PEER_FINISHED;
    constexpr std::uint8_t kLoopback[] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 127, 0, 0, 1};
    std::memcpy(record.local_address, kLoopback, sizeof(kLoopback));
    std::memcpy(record.remote_address, kLoopback, sizeof(kLoopback));
    std::memcpy(record.process_name, "nginx", 6);
    return record;
}

std::span<const std::byte> bytes_of(const trace_record& record) {
    return std::as_bytes(std::span(&record, 1));
}

Event decoded(const trace_record& record, std::span<const ResetCause> causes = {}) {
    const auto event = decode(bytes_of(record), causes);
    EXPECT_TRUE(event);
    return event.value_or(Event{});
}

TEST(DecodeTraceRecord, ReadsAChangeOfState) {
    const Event event = decoded(state_change());
    EXPECT_EQ(event.kind, EventKind::StateChange);
    EXPECT_EQ(event.at, std::chrono::seconds(1));
    EXPECT_EQ(event.cookie, 77U);
    EXPECT_EQ(to_string(event.local), "127.0.0.1:80");
    EXPECT_EQ(to_string(event.remote), "127.0.0.1:40000");
    EXPECT_EQ(event.from, TcpState::Established);
    EXPECT_EQ(event.to, TcpState::CloseWait);
    EXPECT_EQ(event.process, 42);
    EXPECT_STREQ(event.process_name.data(), "nginx");
    EXPECT_TRUE(event.in_call);
    EXPECT_TRUE(event.peer_finished);
    EXPECT_FALSE(event.orphan);
    EXPECT_FALSE(event.counters);
}

TEST(DecodeTraceRecord, RejectsEveryTruncation) {
    const trace_record record = state_change();
    for (std::size_t size = 0; size < sizeof(record); ++size) {
        const auto event = decode(bytes_of(record).first(size), {});
        ASSERT_FALSE(event) << "accepted a record cut to " << size << " bytes";
        ASSERT_EQ(event.error(), RecordError::Truncated);
    }
}

TEST(DecodeTraceRecord, AcceptsALongerRecordOfALaterVersion) {
    std::vector<std::byte> longer(sizeof(trace_record) + 16);
    const trace_record record = state_change();
    std::memcpy(longer.data(), &record, sizeof(record));
    EXPECT_TRUE(decode(longer, {}));
}

TEST(DecodeTraceRecord, RejectsWhatItDoesNotKnow) {
    trace_record record = state_change();
    record.kind = TRACE_KIND_END;
    EXPECT_EQ(decode(bytes_of(record), {}).error(), RecordError::UnknownKind);
    record.kind = 0;
    EXPECT_EQ(decode(bytes_of(record), {}).error(), RecordError::UnknownKind);
    record = state_change();
    record.new_state = 14;
    EXPECT_EQ(decode(bytes_of(record), {}).error(), RecordError::UnknownState);
}

TEST(DecodeTraceRecord, EndsANameThatFillsItsField) {
    trace_record record = state_change();
    std::memset(record.process_name, 'x', sizeof(record.process_name));
    EXPECT_EQ(std::strlen(decoded(record).process_name.data()), 15U);
}

TEST(DecodeTraceRecord, KeepsTheFamilyOfAMappedAddress) {
    trace_record record = state_change();
    record.family = AF_INET6;
    EXPECT_EQ(to_string(decoded(record).local), "[::ffff:127.0.0.1]:80");
}

TEST(DecodeTraceRecord, TakesCountersOnlyWhereTheyWereFilledIn) {
    trace_record record = state_change();
    record.bytes_acked = 5;
    EXPECT_FALSE(decoded(record).counters);
    record.flags |= TRACE_COUNTERS;
    ASSERT_TRUE(decoded(record).counters);
    EXPECT_EQ(decoded(record).counters->bytes_acked, 5U);
}

TEST(DecodeTraceRecord, UnwrapsTheStampOfAMiniSocket) {
    trace_record record = state_change();
    record.kind = TRACE_TIME_WAIT_STARTED;
    record.new_state = 6;
    // 50 days after boot the stamp of 32 bits has begun again.
    constexpr std::uint64_t kNowMs = 50ULL * 24 * 3600 * 1000;
    record.monotonic_ns = kNowMs * 1'000'000;
    record.detail = static_cast<std::uint32_t>(kNowMs - 250);
    EXPECT_EQ(decoded(record).entered, std::chrono::milliseconds(kNowMs - 250));
    record.detail = 0;  // this kernel has no stamp
    EXPECT_FALSE(decoded(record).entered);
}

TEST(DecodeTraceRecord, LooksUpWhatAResetsNumberStandsForInThisKernel) {
    ReasonNames names;
    names.resets = {"NOT_SPECIFIED", "SOMETHING_NEW", "TCP_ABORT_ON_CLOSE"};
    const auto causes = reset_causes_of(names);
    EXPECT_THAT(causes,
                ElementsAre(ResetCause::Unknown, ResetCause::Other, ResetCause::UnreadData));
    trace_record record = state_change();
    record.kind = TRACE_RESET_SENT;
    record.detail = 2;
    EXPECT_EQ(decoded(record, causes).reset_cause, ResetCause::UnreadData);
    record.detail = 99;
    EXPECT_EQ(decoded(record, causes).reset_cause, ResetCause::Unknown);
}

}  // namespace
}  // namespace tcpdx::trace
