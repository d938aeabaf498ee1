// Two endpoints back to back in memory, through whole IP datagrams with checksums: data segments a
// second, connections a second, and what a connection and a TIME-WAIT take of memory.

#include <benchmark/benchmark.h>

#include <vector>

#include "endpoint/stack.h"

namespace {

using namespace tcpdx;            // NOLINT(google-build-using-namespace): a benchmark
using namespace tcpdx::endpoint;  // NOLINT(google-build-using-namespace)

const SocketAddress kService{.address = IpAddress::v4(0x0a000001), .port = 80};
const IpAddress kClient = IpAddress::v4(0x0a000002);

struct Pair {
    explicit Pair(const Settings& settings) : client(settings), server(settings) {
        listener = *server.listen(kService, 1000);
    }
    void settle() {
        bool busy = true;
        while (busy) {
            busy = carry(client, server) || carry(server, client);
            while (client.poll_event() || server.poll_event()) {
            }
        }
    }
    // At most a batch at a time, as a device would deliver it.
    bool carry(TcpStack& from, TcpStack& to) {
        constexpr int kBatch = 32;
        bool carried = false;
        for (int i = 0; i < kBatch; ++i) {
            const std::size_t size = from.poll_output(now, room);
            if (size == 0) {
                break;
            }
            to.receive(std::span(room).first(size), now);
            carried = true;
        }
        return carried;
    }

    TcpStack client;
    TcpStack server;
    Handle listener;
    Time now{std::chrono::seconds(1)};
    std::vector<std::byte> room = std::vector<std::byte>(2000);
};

void bulk_transfer(benchmark::State& state, const Settings& settings) {
    Pair pair(settings);
    const auto sending = pair.client.connect({.address = kClient}, kService, pair.now);
    pair.settle();
    const auto receiving = pair.server.accept(pair.listener);
    std::vector<std::byte> data(64 * 1024);
    std::vector<std::byte> room(256 * 1024);
    std::uint64_t bytes = 0;
    for (auto _ : state) {
        const auto sent = pair.client.send(*sending, data, pair.now);
        bytes += sent ? *sent : 0;
        pair.settle();
        pair.now += std::chrono::microseconds(100);
        pair.client.advance_time(pair.now);
        pair.server.advance_time(pair.now);
        (void)pair.server.read(*receiving, room, pair.now).has_value();
    }
    const std::uint32_t segment = pair.client.find(*sending)->sender().segment_size();
    state.SetBytesProcessed(static_cast<std::int64_t>(bytes));
    state.counters["segments"] =
        benchmark::Counter(static_cast<double>(bytes / segment), benchmark::Counter::kIsRate);
}

void BulkTransfer(benchmark::State& state) {
    Settings settings = rfc_settings();
    settings.receive_buffer = settings.send_buffer = 1U << 20;
    bulk_transfer(state, settings);
}
BENCHMARK(BulkTransfer);

// Opened, closed by the server first, and left in its table of TIME-WAITs.
void Connections(benchmark::State& state) {
    Settings settings = rfc_settings();
    settings.receive_buffer = settings.send_buffer = 65535;
    Pair pair(settings);
    std::uint16_t port = 1;
    for (auto _ : state) {
        const auto opened =
            pair.client.connect({.address = kClient, .port = port}, kService, pair.now);
        pair.settle();
        const auto accepted = pair.server.accept(pair.listener);
        pair.server.close(*accepted, pair.now);
        pair.settle();
        pair.client.close(*opened, pair.now);
        pair.settle();
        port = port == 65535 ? std::uint16_t{1} : static_cast<std::uint16_t>(port + 1);
        // So slowly that at most 20,000 are standing.
        pair.now += 2 * settings.msl / 20000;
        pair.server.advance_time(pair.now);
        pair.client.advance_time(pair.now);
    }
    state.counters["connections"] =
        benchmark::Counter(static_cast<double>(state.iterations()), benchmark::Counter::kIsRate);
    state.counters["time_waits"] = static_cast<double>(pair.server.time_waits());
    state.counters["bytes_per_connection"] =
        static_cast<double>(sizeof(Connection) + settings.receive_buffer + settings.send_buffer);
    state.counters["bytes_per_time_wait"] = sizeof(TimeWaitTable::Entry);
}
BENCHMARK(Connections);

}  // namespace
