#pragma once

// Packets as they come in, through libpcap. Files are read without it: packet_reader.h.

#include <pcap/pcap.h>

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>

#include "base/owned.h"
#include "base/result.h"
#include "sources/capture/packet_reader.h"

namespace tcpdx::capture {

class LiveCapture {
public:
    // `interface` may be "any". `expression` is a filter of tcpdump; empty for everything.
    [[nodiscard]] static Result<LiveCapture> open(const std::string& interface,
                                                  const std::string& expression);

    // Hands on packets until `stopped`. Looks at that several times a second, also when none come.
    [[nodiscard]] Result<> run(const std::function<void(const PacketRecord&)>& on_packet,
                               const std::function<bool()>& stopped);
    // What the kernel had no room for.
    [[nodiscard]] std::uint64_t dropped() const;
    [[nodiscard]] std::uint32_t link_type() const { return link_type_; }

private:
    explicit LiveCapture(Owned<pcap_t, pcap_close> handle);

    Owned<pcap_t, pcap_close> handle_;
    std::uint32_t link_type_ = 0;
    bool nanoseconds_ = false;
};

// A filter of tcpdump, for packets of files; compiled for each link type that they have.
class PacketFilter {
public:
    [[nodiscard]] static Result<PacketFilter> compile(const std::string& expression);
    [[nodiscard]] bool matches(const PacketRecord& packet);

private:
    struct Program {
        bpf_program code{};
        bool good = false;
        Program() = default;
        Program(const Program&) = delete;
        Program& operator=(const Program&) = delete;
        Program(Program&&) = delete;
        Program& operator=(Program&&) = delete;
        ~Program() {
            if (good) {
                pcap_freecode(&code);
            }
        }
    };

    explicit PacketFilter(std::string expression) : expression_(std::move(expression)) {}

    std::string expression_;
    std::map<std::uint32_t, std::unique_ptr<Program>> programs_;
};

}  // namespace tcpdx::capture
