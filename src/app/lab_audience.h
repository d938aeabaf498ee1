#pragma once

#include <functional>

#include "app/command.h"
#include "lab/stage.h"
#include "model/lab.h"

namespace tcpdx::app {

// Shows a scenario to the user as it goes, or keeps what it was for JSON, and asks the rest of
// tcpdx what it says there.
class LabAudience final : public lab::Audience {
public:
    struct Wanted {
        bool json = false;
        bool step = false;
    };
    LabAudience(const Context& context, Wanted wanted, LabResult& result)
        : context_(context), wanted_(wanted), result_(result) {}

    // Where the ladder comes from.
    void watch(std::function<std::vector<LabRung>()> rungs) { rungs_ = std::move(rungs); }
    // For --step: shows the ladder's newest lines, and waits for Enter.
    void before_segment();
    // Without one of its own, the last scenario piece shows what there is.
    void show_what_is_left();

    void told(const Message& text) override;
    void show() override;
    [[nodiscard]] Result<> diagnose(const lab::Diagnosis& wanted) override;
    [[nodiscard]] Result<> probe(const lab::Probe& wanted) override;
    [[nodiscard]] Result<> run_tool(const std::vector<std::string>& words) override;
    [[nodiscard]] std::optional<Connection> socket(const SocketAddress& local,
                                                   const SocketAddress& remote) override;
    [[nodiscard]] bool interrupted() override;
    [[nodiscard]] std::chrono::milliseconds patience() override;

private:
    void write(const std::string& text);
    void keep(LabLook look);

    const Context& context_;
    Wanted wanted_;
    LabResult& result_;
    std::function<std::vector<LabRung>()> rungs_;
    std::size_t stepped_ = 0;  // these two are the peer's thread's own
    bool keyboard_gone_ = false;
    bool shown_ = false;
};

// The socket from the kernel's table, by netlink; with its age.
[[nodiscard]] std::optional<Connection> lab_socket(const SocketAddress& local,
                                                   const SocketAddress& remote);
// What `tcpdx netstat -ant` prints.
[[nodiscard]] std::string lab_netstat_output();

}  // namespace tcpdx::app
