#pragma once

#include <chrono>
#include <string>

#include "model/probe_report.h"
#include "sources/probe/connect_attempt.h"

namespace tcpdx::probe {

// What to say once connected.
struct Conversation {
    bool tls = false;
    std::string server_name;  // for the certificate and SNI
    std::string request;      // may be empty: then the peer is to speak first, or TLS is all
    std::string expected;     // a part of the answer; empty when any will do
};

// A plain HTTP/1.1 request for `path`, that says who asks.
[[nodiscard]] std::string http_request(const std::string& host, const std::string& path);

// Talks over a connected non-blocking socket, which is of no use afterwards.
[[nodiscard]] Exchange converse(int socket, const Conversation& conversation,
                                std::chrono::milliseconds patience, const Stop& stop);

}  // namespace tcpdx::probe
