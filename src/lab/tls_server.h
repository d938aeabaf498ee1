#pragma once

#include <atomic>
#include <memory>
#include <thread>

#include "base/result.h"
#include "lab/kernel_socket.h"

namespace tcpdx::lab {

// A TLS server of this kernel with a certificate that ended yesterday, until it is destroyed.
class TlsServer {
public:
    [[nodiscard]] static Result<std::unique_ptr<TlsServer>> start(std::uint16_t port);
    ~TlsServer();
    TlsServer(const TlsServer&) = delete;
    TlsServer& operator=(const TlsServer&) = delete;
    TlsServer(TlsServer&&) = delete;
    TlsServer& operator=(TlsServer&&) = delete;

private:
    struct Context;
    TlsServer(KernelSocket listener, std::unique_ptr<Context> context);
    void run();

    KernelSocket listener_;
    std::unique_ptr<Context> context_;
    std::atomic<bool> stopping_ = false;
    std::thread thread_;
};

}  // namespace tcpdx::lab
