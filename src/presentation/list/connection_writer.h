#pragma once

#include "model/connection.h"

namespace tcpdx {

// Takes connections one by one, as the kernel lists them.
class ConnectionWriter {
public:
    ConnectionWriter() = default;
    ConnectionWriter(const ConnectionWriter&) = delete;
    ConnectionWriter& operator=(const ConnectionWriter&) = delete;
    ConnectionWriter(ConnectionWriter&&) = delete;
    ConnectionWriter& operator=(ConnectionWriter&&) = delete;
    virtual ~ConnectionWriter() = default;

    virtual void add(const Connection& connection) = 0;
    // After the last one. `table_changed`: some may be missing or doubled.
    virtual void finish(bool table_changed) = 0;
};

}  // namespace tcpdx
