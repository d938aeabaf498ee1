#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <string_view>

#include "sources/text/read_paste.h"

namespace tcpdx::text {

inline Observations reading_of(std::string_view text) {
    return read_paste(text).now;
}

// "LISTEN 127.0.0.1:80 0.0.0.0:*", with the names that the paste has for addresses.
inline std::string line_of(const Observations& seen, const Connection& connection) {
    const auto end = [&](const SocketAddress& address) {
        const std::string_view name = seen.paste->host_name(address.address);
        return name.empty() ? to_string(address)
                            : std::string(name) + ":" + std::to_string(address.port);
    };
    return std::string(rfc_name(connection.state)) + " " + end(connection.local) + " " +
           end(connection.remote);
}

inline std::vector<std::string> lines_of(const Observations& seen) {
    std::vector<std::string> lines;
    for (const Connection& connection : seen.connections) {
        lines.push_back(line_of(seen, connection));
    }
    return lines;
}

// "42/nginx" or, without a process, what is known of the owner.
inline std::string owner_of(const Observations& seen, const Connection& connection) {
    if (const Process* process = seen.process_of(connection);
        process != nullptr && connection.owner.kind == OwnerKind::Process) {
        return std::to_string(process->pid) + "/" + process->name;
    }
    switch (connection.owner.kind) {
        case OwnerKind::Unknown:
            return "unknown";
        case OwnerKind::Process:
            return "process";
        case OwnerKind::NeverAccepted:
            return "never accepted";
        case OwnerKind::Kernel:
            return "kernel";
    }
    return "";
}

// The one connection that a text of one row makes.
inline Connection only(const Observations& seen) {
    EXPECT_EQ(seen.connections.size(), 1U);
    EXPECT_EQ(seen.paste->unread_lines, 0U);
    return seen.connections.empty() ? Connection{} : seen.connections.front();
}

}  // namespace tcpdx::text
