#pragma once

// For tests of rules: builds the smallest situation that makes a rule fire, so that each test can
// change one fact. Not used outside tests.

#include <string>
#include <utility>

#include "diagnosis/rule.h"

namespace tcpdx::diagnosis::testing {

class SituationBuilder {
public:
    Observations now;
    Observations earlier;
    bool has_earlier = false;
    Inquiry asked;
    Limits limits;

    SituationBuilder() {
        now.coverage.listeners = now.coverage.connections = now.coverage.owners = true;
        now.coverage.tcp_details = now.coverage.privileged_view = true;
    }

    // Returns the index, for Connection::owner.process.
    std::uint32_t process(std::string name, int pid = 42) {
        now.processes.push_back(Process{.pid = pid, .name = std::move(name)});
        return static_cast<std::uint32_t>(now.processes.size() - 1);
    }

    Connection& add(Connection connection) {
        return now.connections.emplace_back(std::move(connection));
    }

    // A counter's value in the earlier look and in this one, `seconds` apart.
    SituationBuilder& counter(const std::string& name, std::uint64_t before, std::uint64_t after) {
        second_look();
        earlier.counters.set(name, before);
        now.counters.set(name, after);
        return *this;
    }

    SituationBuilder& second_look(std::chrono::seconds apart = std::chrono::seconds(10)) {
        has_earlier = true;
        earlier.taken = now.taken - apart;
        return *this;
    }

    [[nodiscard]] std::vector<Finding> run(const Rule& rule) const {
        return rule.evaluate(Situation{.now = now,
                                       .earlier = has_earlier ? &earlier : nullptr,
                                       .asked = asked,
                                       .limits = limits});
    }
};

// A connection 192.0.2.1:8080 <- 198.51.100.7:40000, owned by `process` when given.
inline Connection connection_in(TcpState state, std::uint32_t process = kNoProcess) {
    Connection connection;
    connection.local = {*parse_ip_address("192.0.2.1"), 8080};
    connection.remote = {*parse_ip_address("198.51.100.7"), 40000};
    connection.state = state;
    connection.receive_queue = 0;
    connection.send_queue = 0;
    connection.inode = process == kNoProcess ? 0 : 4711;
    if (process != kNoProcess) {
        connection.owner = {.kind = OwnerKind::Process, .process = process, .descriptor = 3};
    }
    return connection;
}

inline Age exactly(std::chrono::milliseconds age) {
    return Age::exact(age, AgeMethod::KernelTimestamp);
}

}  // namespace tcpdx::diagnosis::testing
