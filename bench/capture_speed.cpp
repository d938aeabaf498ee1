// Packets per second of `tcpdx capture`'s way through a file, against a bare libpcap loop.
//
//     capture_speed make FILE MEGABYTES    ordinary connections: open, a few exchanges, close
//     capture_speed flood FILE PACKETS     SYNs, each from another address
//     capture_speed refused FILE PACKETS   SYNs that a reset answers, 50,000 ports of one address
//     after another capture_speed libpcap FILE           reads every packet and does nothing
//     capture_speed walk FILE              our reader alone
//     capture_speed tcpdx FILE [MOST]      to the last state of the last connection

#include <pcap/pcap.h>
#include <sys/resource.h>

#include <array>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

#include "sources/capture/read_capture.h"
#include "wire/tcp_header.h"

namespace {

using namespace tcpdx;

class Writer {
public:
    explicit Writer(const char* path) : file_(std::fopen(path, "wb")) {
        const std::array<std::uint32_t, 6> head{0xa1b23c4d, 0x00040002, 0, 0, 262144, 1};
        std::fwrite(head.data(), 1, 24, file_);
    }
    Writer(const Writer&) = delete;
    Writer& operator=(const Writer&) = delete;
    ~Writer() { std::fclose(file_); }

    void put(bool back, std::uint32_t client, std::uint16_t port, const wire::TcpSegment& parts) {
        std::array<std::byte, 1600> packet{};
        packet[12] = std::byte{8};
        wire::TcpSegment segment = parts;
        segment.source_port = back ? 80 : port;
        segment.destination_port = back ? port : 80;
        const std::size_t tcp = wire::write_tcp(segment, std::span(packet).subspan(34));
        const auto total = static_cast<std::uint16_t>(20 + tcp);
        const std::uint32_t server = 0x0a000001;
        const std::array<std::uint8_t, 20> ip{0x45,
                                              0,
                                              static_cast<std::uint8_t>(total >> 8U),
                                              static_cast<std::uint8_t>(total),
                                              static_cast<std::uint8_t>(id_ >> 8U),
                                              static_cast<std::uint8_t>(id_),
                                              0x40,
                                              0,
                                              static_cast<std::uint8_t>(back ? 63 : 64),
                                              6};
        std::memcpy(packet.data() + 14, ip.data(), 20);
        const std::uint32_t from = __builtin_bswap32(back ? server : client);
        const std::uint32_t to = __builtin_bswap32(back ? client : server);
        std::memcpy(packet.data() + 26, &from, 4);
        std::memcpy(packet.data() + 30, &to, 4);
        const auto size = static_cast<std::uint32_t>(34 + tcp);
        time_ns_ += 700;
        ++id_;
        const std::array<std::uint32_t, 4> record{
            static_cast<std::uint32_t>(1'700'000'000 + time_ns_ / 1'000'000'000),
            static_cast<std::uint32_t>(time_ns_ % 1'000'000'000), size, size};
        std::fwrite(record.data(), 1, 16, file_);
        std::fwrite(packet.data(), 1, size, file_);
        written_ += 16 + size;
    }
    [[nodiscard]] std::uint64_t written() const { return written_; }

private:
    std::FILE* file_;
    std::uint64_t time_ns_ = 0;
    std::uint64_t written_ = 24;
    std::uint16_t id_ = 1;
};

void make(const char* path, std::uint64_t megabytes) {
    // A thousand connections at a time, so that each packet is of another one than the last.
    constexpr std::uint32_t kAtOnce = 1000;
    Writer out(path);
    const std::vector<std::byte> data(600);
    for (std::uint32_t round = 0; out.written() < megabytes << 20U; ++round) {
        const auto each = [&](bool back, wire::TcpSegment segment) {
            for (std::uint32_t i = 0; i < kAtOnce; ++i) {
                out.put(back, 0xac100000 + i * 61 + (round & 0xfU),
                        static_cast<std::uint16_t>(1024 + round), segment);
            }
        };
        each(false, {.sequence = 100, .window = 64240, .flags = {.syn = true}});
        each(true, {.sequence = 500,
                    .acknowledgment = 101,
                    .window = 64240,
                    .flags = {.syn = true, .ack = true}});
        each(false,
             {.sequence = 101, .acknowledgment = 501, .window = 502, .flags = {.ack = true}});
        for (std::uint32_t i = 0; i < 4; ++i) {
            each(false, {.sequence = 101 + i * 600,
                         .acknowledgment = 501 + i * 600,
                         .window = 502,
                         .flags = {.psh = true, .ack = true},
                         .payload = data});
            each(true, {.sequence = 501 + i * 600,
                        .acknowledgment = 701 + i * 600,
                        .window = 502,
                        .flags = {.psh = true, .ack = true},
                        .payload = data});
        }
        each(false, {.sequence = 2501,
                     .acknowledgment = 2901,
                     .window = 502,
                     .flags = {.fin = true, .ack = true}});
        each(true, {.sequence = 2901,
                    .acknowledgment = 2502,
                    .window = 502,
                    .flags = {.fin = true, .ack = true}});
        each(false,
             {.sequence = 2502, .acknowledgment = 2902, .window = 502, .flags = {.ack = true}});
    }
}

void flood(const char* path, std::uint64_t packets) {
    Writer out(path);
    for (std::uint64_t i = 0; i < packets; ++i) {
        out.put(false, static_cast<std::uint32_t>(0x0b000000 + i),
                static_cast<std::uint16_t>(1024 + i % 50000),
                {.sequence = static_cast<std::uint32_t>(i), .window = 512, .flags = {.syn = true}});
    }
}

void refused(const char* path, std::uint64_t packets) {
    Writer out(path);
    for (std::uint64_t i = 0; i < packets / 2; ++i) {
        const auto client = static_cast<std::uint32_t>(0x0b000000 + i / 50000);
        const auto port = static_cast<std::uint16_t>(1024 + i % 50000);
        const auto sequence = static_cast<std::uint32_t>(i * 977);
        out.put(false, client, port, {.sequence = sequence, .window = 512, .flags = {.syn = true}});
        out.put(true, client, port,
                {.acknowledgment = sequence + 1, .flags = {.rst = true, .ack = true}});
    }
}

std::uint64_t read_with_libpcap(const char* path) {
    std::array<char, PCAP_ERRBUF_SIZE> problem{};
    pcap_t* handle = pcap_open_offline(path, problem.data());
    std::uint64_t packets = 0;
    pcap_loop(
        handle, -1,
        [](u_char* user, const pcap_pkthdr*, const u_char*) {
            ++*reinterpret_cast<std::uint64_t*>(user);
        },
        reinterpret_cast<u_char*>(&packets));
    pcap_close(handle);
    return packets;
}

std::uint64_t walk(const char* path) {
    auto window = capture::InputWindow::open(path);
    auto reader = capture::PacketReader::open(std::move(*window));
    capture::PacketRecord packet;
    while (reader->next(packet)) {
    }
    return reader->counts().packets;
}

std::uint64_t rebuild(const char* path, std::size_t most) {
    const auto start = std::chrono::steady_clock::now();
    auto window = capture::InputWindow::open(path);
    capture::CaptureReading reading({.most_connections = most});
    if (!reading.read(path, std::move(*window))) {
        return 0;
    }
    const std::size_t bytes = reading.bytes();
    const std::chrono::duration<double> read = std::chrono::steady_clock::now() - start;
    const Captured captured = reading.finish();
    std::printf("reading alone %.2f s\n", read.count());
    std::printf("connections %zu, forgotten %llu, memory while reading %zu MB\n",
                captured.connections.size(),
                static_cast<unsigned long long>(captured.forgotten.total), bytes >> 20U);
    return captured.counts.packets;
}

}  // namespace

int main(int argc, char** argv) {
    if (argc < 3) {
        std::fprintf(stderr, "usage: capture_speed make|flood|libpcap|walk|tcpdx FILE [NUMBER]\n");
        return 64;
    }
    const std::string_view what = argv[1];
    const std::uint64_t number = argc > 3 ? std::strtoull(argv[3], nullptr, 10) : 1'000'000;
    if (what == "make") {
        make(argv[2], number);
        return 0;
    }
    if (what == "flood") {
        flood(argv[2], number);
        return 0;
    }
    if (what == "refused") {
        refused(argv[2], number);
        return 0;
    }
    const auto start = std::chrono::steady_clock::now();
    const std::uint64_t packets = what == "libpcap" ? read_with_libpcap(argv[2])
                                  : what == "walk"  ? walk(argv[2])
                                                    : rebuild(argv[2], number);
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
    rusage usage{};
    getrusage(RUSAGE_SELF, &usage);
    std::printf("%-8s %10llu packets  %6.2f s  %6.2f M packets/s  peak %ld MB\n", argv[1],
                static_cast<unsigned long long>(packets), took.count(),
                static_cast<double>(packets) / took.count() / 1e6, usage.ru_maxrss / 1024);
    return 0;
}
