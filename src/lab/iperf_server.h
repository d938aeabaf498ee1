#pragma once

#include <string>
#include <vector>

#include "endpoint/stack.h"
#include "lab/iperf_messages.h"

namespace tcpdx::lab {

// An iperf3 server over the endpoint, for measuring it with a client that everybody has: TCP,
// either direction or both at once, many streams. One test at a time, as iperf3 itself has it. It
// looks at its few connections in each run(), and leaves the stack's events to the caller.
class IperfServer {
public:
    IperfServer(endpoint::TcpStack& stack, std::uint16_t port);

    // Whether it listens; the port can be taken.
    [[nodiscard]] bool listens() const { return listening_; }
    // Does what can be done now. Wants to be called at least once a second.
    void run(endpoint::Time now);
    [[nodiscard]] bool is_testing() const { return test_.has_value(); }
    [[nodiscard]] std::uint64_t tests_done() const { return tests_done_; }

private:
    // What is waited for from the client.
    enum class Phase : std::uint8_t { Parameters, Streams, End, Results, Goodbye };
    struct Newcomer {  // has not told its cookie yet
        endpoint::Handle id;
        std::string cookie;
        endpoint::Time since;
    };
    struct Stream {
        endpoint::Handle id;
        bool sends = false;
        std::uint64_t bytes = 0;
    };
    struct Test {
        endpoint::Handle control;
        std::string cookie;
        Phase phase = Phase::Parameters;
        std::string heard;   // on the control connection, and not understood yet
        std::string unsent;  // for it
        IperfParameters parameters;
        std::vector<Stream> streams;
        endpoint::Time counts_from;
        endpoint::Time ended;
        endpoint::Time last_progress;
    };

    void accept(endpoint::Time now);
    // Gives it its place, or sends it away.
    void place(const Newcomer& newcomer, endpoint::Time now);
    void run_test(endpoint::Time now);
    bool hear(endpoint::Time now);
    // False when nothing more can be done with what was heard.
    bool understand(endpoint::Time now);
    void take_parameters(std::string_view json, endpoint::Time now);
    void take_results(std::string_view json, endpoint::Time now);
    void take_state(IperfState state, endpoint::Time now);
    void begin(endpoint::Time now);
    void move_data(Stream& stream, endpoint::Time now);
    void say(IperfState state);
    void flush(endpoint::Time now);
    void refuse(IperfError error, endpoint::Time now);
    void end_test(endpoint::Time now);

    endpoint::TcpStack* stack_;
    std::vector<endpoint::Handle> listeners_;
    bool listening_ = false;
    std::vector<Newcomer> newcomers_;
    std::optional<Test> test_;
    std::uint64_t tests_done_ = 0;
    std::vector<std::byte> room_ = std::vector<std::byte>(131072);
};

}  // namespace tcpdx::lab
