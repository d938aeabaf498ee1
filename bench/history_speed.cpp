// What a history costs to write: finished connections through history::Recorder, beside the same
// rows by hand into plain SQLite tables, in the same run; and to read again.
//
//     history_speed FOLDER [CONNECTIONS [PER_COMMIT]]
//
// The folder says which disk is measured. Each has a file of its own, in WAL mode, with a commit
// after so many connections. CPU time counts, since a machine may have other work to do.
#include <sqlite3.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <functional>
#include <string>

#include "base/owned.h"
#include "history/reader.h"
#include "history/recorder.h"
#include "history/step_bytes.h"
#include "model/transitions.h"

namespace {

using namespace tcpdx;
using namespace std::chrono_literals;
using history::KeptLife;
using history::Micros;

constexpr Micros kStart = std::chrono::seconds(1'795'579'200);

[[noreturn]] void fail(const std::string& what) {
    std::fprintf(stderr, "history_speed: %s\n", what.c_str());
    std::exit(1);  // NOLINT(concurrency-mt-unsafe)
}

double cpu_seconds() {
    timespec now{};
    ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) / 1e9;
}

void add_step(trace::Life& life, TcpState state, SocketKind kind, Micros at) {
    trace::Step step{.state = state, .kind = kind};
    step.earliest = step.latest = trace::Time(at);
    const auto from = trace::state_before(life, life.step_count);
    for (const Transition& row : transitions()) {
        if (from && row.from == *from && row.to == state) {
            step.cause = &row;
            break;
        }
    }
    life.step_room.at(life.step_count++) = step;
}

// One that was accepted, answered and closed here, and had its TIME-WAIT.
KeptLife connection(std::int64_t number) {
    KeptLife kept;
    trace::Life& life = kept.life;
    life.id = static_cast<std::uint64_t>(number) + 1;
    life.cookie = life.id + 4096;
    life.network_namespace = 4'026'531'840;
    life.local = {IpAddress::v4(0xc0000201), 8080};
    life.remote = {IpAddress::v4(0xc6336400U + static_cast<std::uint32_t>(number % 250)),
                   static_cast<std::uint16_t>(1024 + number % 60'000)};
    life.opener = Opener::Passive;
    life.owner = {
        .process = 4711, .name = {'n', 'g', 'i', 'n', 'x'}, .basis = trace::OwnerBasis::Used};
    life.user = 33;
    life.began_as = TcpState::Listen;
    const Micros opened = kStart + Micros(number * 500);
    add_step(life, TcpState::SynReceived, SocketKind::RequestSocket, opened);
    add_step(life, TcpState::Established, SocketKind::Full, opened + 210us);
    add_step(life, TcpState::FinWait1, SocketKind::Full, opened + 1'900us);
    add_step(life, TcpState::FinWait2, SocketKind::Full, opened + 2'100us);
    add_step(life, TcpState::TimeWait, SocketKind::TimeWaitSocket, opened + 2'300us);
    kept.ended = opened + 60s;
    add_step(life, TcpState::Closed, SocketKind::TimeWaitSocket, *kept.ended);
    life.ending = trace::Ending::Closed;
    life.first_fin = trace::Closer::Local;
    life.bytes_sent = 14'480;
    life.bytes_received = 412;
    return kept;
}

using Write = std::function<void(std::int64_t number)>;

struct Cost {
    double cpu = 0;
    double wall = 0;
};

Cost measure(std::int64_t count, std::int64_t per_commit, const Write& write, const Write& commit) {
    const auto begun = std::chrono::steady_clock::now();
    const double cpu = cpu_seconds();
    for (std::int64_t i = 0; i < count; ++i) {
        write(i);
        if ((i + 1) % per_commit == 0 || i + 1 == count) {
            commit(i);
        }
    }
    const std::chrono::duration<double> wall = std::chrono::steady_clock::now() - begun;
    return {.cpu = cpu_seconds() - cpu, .wall = wall.count()};
}

Cost through_the_recorder(const std::string& file, std::int64_t count, std::int64_t per_commit) {
    auto recorder = history::Recorder::open({.path = file, .boot_id = "bench"}, kStart);
    if (!recorder) {
        fail(recorder.error().about);
    }
    std::int64_t second = 0;
    return measure(
        count, per_commit, [&](std::int64_t i) { recorder->note(connection(i)); },
        [&](std::int64_t) {
            recorder->note(
                history::Sample{.begin = std::chrono::duration_cast<history::Seconds>(kStart) +
                                         history::Seconds(second)});
            if (const auto done = recorder->commit(kStart + std::chrono::seconds(++second));
                !done) {
                fail(done.error().about);
            }
        });
}

// The least that can be done: the same values, in as many columns.
class PlainFile {
public:
    PlainFile(const std::string& file, bool indexed) {
        sqlite3* opened = nullptr;
        if (::sqlite3_open(file.c_str(), &opened) != SQLITE_OK) {
            fail(file);
        }
        db_.reset(opened);
        run("PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA cache_size = -2000;"
            "CREATE TABLE c (id INTEGER PRIMARY KEY, c1, c2, c3, c4, c5, c6, c7, c8, c9, c10, c11,"
            "c12, c13, c14, c15, c16, c17, c18, c19, c20, c21, c22, c23, c24, c25, c26)");
        if (indexed) {
            run("CREATE INDEX ended ON c (c5); CREATE INDEX long ON c (c5, c4) WHERE c6;"
                "CREATE INDEX open ON c (c4) WHERE c5 IS NULL; CREATE INDEX cookie ON c (c3, c2)");
        }
        sqlite3_stmt* prepared = nullptr;
        ::sqlite3_prepare_v2(db_.get(),
                             "INSERT INTO c VALUES (NULL,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,"
                             "?,?,?,?,?,?)",
                             -1, &prepared, nullptr);
        insert_.reset(prepared);
        run("BEGIN");
    }
    void insert(const KeptLife& kept) {
        const trace::Life& life = kept.life;
        const auto number = [&](int column, auto value) {
            ::sqlite3_bind_int64(insert_.get(), column, static_cast<sqlite3_int64>(value));
        };
        const auto bytes = [&](int column, const void* data, std::size_t size) {
            ::sqlite3_bind_blob64(insert_.get(), column, data, size, SQLITE_STATIC);
        };
        const auto text = [&](int column, std::string_view some) {
            ::sqlite3_bind_text64(insert_.get(), column, some.data(), some.size(), SQLITE_STATIC,
                                  SQLITE_UTF8);
        };
        const auto steps = history::steps_to_bytes(life);
        number(1, 1);
        number(2, life.network_namespace);
        number(3, life.cookie);
        number(4, std::chrono::duration_cast<Micros>(life.steps().front().earliest).count());
        number(5, kept.ended.value_or(Micros(0)).count());
        number(6, 0);
        bytes(7, life.local.address.bytes.data() + 12, 4);
        number(8, life.local.port);
        bytes(9, life.remote.address.bytes.data() + 12, 4);
        number(10, life.remote.port);
        number(11, life.owner.process);
        text(12, life.owner.name_text());
        number(13, life.owner.basis);
        number(14, life.user.value_or(0));
        number(15, life.ending);
        number(16, life.first_fin);
        number(17, life.reset_by);
        text(18, "");
        number(19, life.error);
        number(20, life.opener);
        number(21, 0);
        number(22, life.bytes_sent.value_or(0));
        number(23, life.bytes_received.value_or(0));
        number(24, life.retransmissions);
        number(25, life.syn_retransmissions);
        bytes(26, steps.data(), steps.size());
        if (::sqlite3_step(insert_.get()) != SQLITE_DONE) {
            fail(::sqlite3_errmsg(db_.get()));
        }
        ::sqlite3_reset(insert_.get());
    }
    void run(const char* sql) {
        if (::sqlite3_exec(db_.get(), sql, nullptr, nullptr, nullptr) != SQLITE_OK) {
            fail(::sqlite3_errmsg(db_.get()));
        }
    }

private:
    Owned<sqlite3, ::sqlite3_close_v2> db_;
    Owned<sqlite3_stmt, ::sqlite3_finalize> insert_;
};

Cost by_hand(const std::string& file, bool indexed, std::int64_t count, std::int64_t per_commit) {
    PlainFile plain(file, indexed);
    return measure(
        count, per_commit, [&](std::int64_t i) { plain.insert(connection(i)); },
        [&](std::int64_t) { plain.run("COMMIT; BEGIN"); });
}

// All of them, by something that each has to be opened for.
double seconds_to_read(const std::string& file, std::int64_t count) {
    auto reader = history::Reader::open(file);
    const double cpu = cpu_seconds();
    const auto found = reader ? reader->count_ended({.to = Micros::max(), .port = 8080})
                              : tl::unexpected(reader.error());
    if (!found || *found != count) {
        fail("reading " + file);
    }
    return cpu_seconds() - cpu;
}

}  // namespace

int main(int argc, char** argv) {
    const std::int64_t count = argc > 2 ? std::atoll(argv[2]) : 200'000;
    const std::int64_t per_commit = argc > 3 ? std::atoll(argv[3]) : 2'000;
    if (argc < 2 || count <= 0 || per_commit <= 0) {
        std::fputs("usage: history_speed FOLDER [CONNECTIONS [PER_COMMIT]]\n", stderr);
        return 64;
    }
    std::string folder = std::filesystem::path(argv[1]) / "history-speed-XXXXXX";
    if (::mkdtemp(folder.data()) == nullptr) {
        fail(folder);
    }
    const auto rows = static_cast<double>(count);
    const auto show = [&](const char* name, const char* file, const Cost& cost, double of) {
        // Closed by now, so nothing is left beside it.
        const auto bytes = static_cast<double>(std::filesystem::file_size(folder + file));
        std::printf("| %s | %.0f | %.2f | %.0f | %.0f |\n", name, rows / cost.cpu, cost.cpu / of,
                    rows / cost.wall, bytes / rows);
    };
    std::printf(
        "| what | connections/s of CPU time | CPU, by hand with the indexes = 1 | connections/s | "
        "bytes each |\n|---|---|---|---|---|\n");
    const Cost bare = by_hand(folder + "/bare.db", false, count, per_commit);
    const Cost plain = by_hand(folder + "/plain.db", true, count, per_commit);
    const Cost recorded = through_the_recorder(folder + "/history.db", count, per_commit);
    show("plain SQLite, by hand, no index", "/bare.db", bare, plain.cpu);
    show("plain SQLite, by hand, with indexes", "/plain.db", plain, plain.cpu);
    show("`history::Recorder`", "/history.db", recorded, plain.cpu);
    std::printf("\nRead again, by port: %.0f connections/s of CPU time.\n",
                rows / seconds_to_read(folder + "/history.db", count));
    std::filesystem::remove_all(folder);
    return 0;
}
