#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <vector>

#include "base/result.h"
#include "model/captured.h"
#include "sources/capture/decode.h"
#include "sources/capture/input_window.h"

namespace tcpdx::capture {

struct ReadOptions {
    // Connections held at the same time; about half a kilobyte each.
    std::size_t most_connections = 1'000'000;
    // Packets that it does not let through are as if they were not there.
    std::function<bool(const PacketRecord&)> wanted;
    // Called now and then with the bytes read; false stops.
    std::function<bool(std::uint64_t)> progress;
};

// Reads captures one after the other as one: a connection may go on in the next file.
class CaptureReading {
public:
    explicit CaptureReading(ReadOptions options);
    ~CaptureReading();
    CaptureReading(const CaptureReading&) = delete;
    CaptureReading& operator=(const CaptureReading&) = delete;
    CaptureReading(CaptureReading&&) = delete;
    CaptureReading& operator=(CaptureReading&&) = delete;

    // Fails when the file cannot be opened or is no capture. What is damaged in it is counted.
    [[nodiscard]] Result<> read(const std::string& name, InputWindow window);
    // One packet at a time, for a live capture.
    void take(const PacketRecord& record);
    [[nodiscard]] Captured finish();
    // Memory of the connections being followed.
    [[nodiscard]] std::size_t bytes() const;

private:
    class State;
    std::unique_ptr<State> state_;
};

}  // namespace tcpdx::capture
