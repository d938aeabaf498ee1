#pragma once

#include <chrono>

#include "model/message.h"

namespace tcpdx::app {

// One line on stderr that says what is being waited for, and how long it has taken in all. Nothing
// where stderr is no terminal.
class ProbeProgress {
public:
    ProbeProgress();
    ~ProbeProgress() { clear(); }
    ProbeProgress(const ProbeProgress&) = delete;
    ProbeProgress& operator=(const ProbeProgress&) = delete;

    void show(const Message& step, std::chrono::milliseconds at_most);
    void clear();

private:
    bool wanted_ = false;
    bool shown_ = false;
    std::chrono::steady_clock::time_point started_ = std::chrono::steady_clock::now();
};

}  // namespace tcpdx::app
