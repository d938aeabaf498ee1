#include <benchmark/benchmark.h>
#include <fcntl.h>

#include <vector>

#include "base/unique_fd.h"
#include "model/filter/parser.h"
#include "presentation/list/records.h"
#include "presentation/list/table.h"

// What a row of `tcpdx list` costs beside the kernel's dump. The budget is 150 ns for the default
// columns: the dump itself takes about 1000 ns per socket on another core.

namespace {

using namespace tcpdx;

std::vector<Connection> connections() {
    std::vector<Connection> made;
    for (std::uint16_t i = 0; i < 1000; ++i) {
        Connection connection;
        connection.local = {IpAddress::v4(0xc0000201), 8080};
        connection.remote = {IpAddress::v4(0xc6336400U + i), static_cast<std::uint16_t>(30000 + i)};
        connection.state = TcpState::Established;
        connection.opener = Opener::Passive;
        connection.opener_basis = OpenerBasis::ByteCounters;
        connection.age =
            Age::between(std::chrono::milliseconds(192'000 + i * 977),
                         std::chrono::milliseconds(192'020 + i * 977), AgeMethod::LastDataEither);
        connection.receive_queue = i % 7;
        connection.send_queue = i % 3000;
        connection.owner = {.kind = OwnerKind::Process, .process = 0, .descriptor = i};
        connection.inode = 1'000'000U + i;
        connection.uid = 33;
        connection.cookie = 5'000'000U + i;
        connection.tcp = TcpDetails{.rto_us = 204'000, .send_mss = 1448, .srtt_us = 1254};
        made.push_back(connection);
    }
    return made;
}

class List {
public:
    List() { context.processes = processes; }

    const std::vector<Process> processes{{.pid = 4711, .name = "nginx"}};
    const std::vector<Connection> rows = connections();
    const UniqueFd nowhere{::open("/dev/null", O_WRONLY | O_CLOEXEC)};
    OutputStream out{nowhere.get()};
    ListContext context;
};

void add_rows(benchmark::State& state, const List& list, ConnectionWriter& writer) {
    std::size_t next = 0;
    for (auto _ : state) {
        writer.add(list.rows[next]);
        next = next + 1 == list.rows.size() ? 0 : next + 1;
    }
    state.SetItemsProcessed(state.iterations());
}

void table_row(benchmark::State& state) {
    List list;
    TableWriter writer(list.out, default_columns(), list.context, {});
    add_rows(state, list, writer);
}
BENCHMARK(table_row);

void csv_row(benchmark::State& state) {
    List list;
    RecordWriter writer(list.out, RecordFormat::Csv, fields_of(default_columns()), list.context);
    add_rows(state, list, writer);
}
BENCHMARK(csv_row);

void json_row(benchmark::State& state) {
    List list;
    std::vector<const Field*> fields;
    for (const Field& field : all_fields()) {
        fields.push_back(&field);
    }
    RecordWriter writer(list.out, RecordFormat::JsonLines, fields, list.context);
    add_rows(state, list, writer);
}
BENCHMARK(json_row);

void filter_row(benchmark::State& state) {
    const List list;
    const auto filter = filter::parse_filter(
        "established and (dport = :443 or src 192.0.2.0/24) and age > 5m and not loopback", {});
    std::size_t next = 0;
    for (auto _ : state) {
        benchmark::DoNotOptimize(
            filter::matches(*filter, list.rows[next], {.processes = list.processes}));
        next = next + 1 == list.rows.size() ? 0 : next + 1;
    }
    state.SetItemsProcessed(state.iterations());
}
BENCHMARK(filter_row);

}  // namespace
