#pragma once

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <string>

#include "history/reader.h"
#include "history/recorder.h"
#include "model/transitions.h"

namespace tcpdx::history {

// A folder of its own, which goes with the test.
class HistoryTest : public ::testing::Test {
protected:
    HistoryTest() {
        std::string pattern = std::filesystem::temp_directory_path() / "tcpdx-history-XXXXXX";
        folder_ = ::mkdtemp(pattern.data());
        settings.path = folder_ / "history.db";
        settings.boot_id = "boot";
    }
    ~HistoryTest() override { std::filesystem::remove_all(folder_); }

    [[nodiscard]] Recorder open(Micros now = kStart) const {
        auto recorder = Recorder::open(settings, now);
        EXPECT_TRUE(recorder) << recorder.error().doing << " " << recorder.error().about;
        return *std::move(recorder);
    }
    [[nodiscard]] Reader reader() const {
        auto opened = Reader::open(settings.path);
        EXPECT_TRUE(opened) << opened.error().doing << " " << opened.error().about;
        return *std::move(opened);
    }
    static Micros at(double seconds) {
        return kStart + Micros(static_cast<std::int64_t>(seconds * 1e6));
    }
    static Sample sample_at(int second, std::uint64_t established) {
        Sample sample{.begin = std::chrono::duration_cast<Seconds>(kStart) + Seconds(second)};
        sample.sum[static_cast<std::size_t>(TcpState::Established)] = established;
        sample.most = sample.sum;
        sample.happened.opened_actively = 2;
        sample.happened.drops = 1;
        return sample;
    }
    // Accepted at `opened`, closed by the peer a second later, in CLOSE-WAIT since.
    static KeptLife half_closed(double opened, std::uint64_t id = 1) {
        KeptLife kept;
        trace::Life& life = kept.life;
        life.id = id;
        life.cookie = 1000 + id;
        life.network_namespace = 7;
        life.local = {*parse_ip_address("192.0.2.1"), 8080};
        life.remote = {*parse_ip_address("198.51.100.7"), 40000};
        life.opener = Opener::Passive;
        life.owner = {
            .process = 42, .name = {'n', 'g', 'i', 'n', 'x'}, .basis = trace::OwnerBasis::Used};
        life.began_as = TcpState::Closed;
        add_step(life, TcpState::SynReceived, opened);
        add_step(life, TcpState::Established, opened + 0.5);
        add_step(life, TcpState::CloseWait, opened + 1);
        return kept;
    }
    static void add_step(trace::Life& life, TcpState state, double second) {
        trace::Step step{.state = state};
        step.earliest = step.latest = trace::Time(at(second));
        if (life.step_count > 0) {
            for (const Transition& row : transitions()) {
                if (row.from == life.state() && row.to == state) {
                    step.cause = &row;
                    break;
                }
            }
        }
        life.step_room.at(life.step_count++) = step;
    }
    static KeptLife ended(KeptLife kept, double second) {
        add_step(kept.life, TcpState::LastAck, second - 0.25);
        add_step(kept.life, TcpState::Closed, second);
        kept.life.ending = trace::Ending::Closed;
        kept.life.first_fin = trace::Closer::Peer;
        kept.life.bytes_sent = 14480;
        kept.ended = at(second);
        return kept;
    }

    static constexpr Micros kStart = std::chrono::seconds(1'795'579'200);
    RecorderSettings settings;
    std::filesystem::path folder_;
};

}  // namespace tcpdx::history
