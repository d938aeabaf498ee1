#pragma once

#include <functional>
#include <memory>
#include <string>

#include "app/serve/access.h"
#include "app/serve/api.h"
#include "base/result.h"

namespace tcpdx::app {

struct WebSettings {
    std::string address = "127.0.0.1";
    int port = 9669;
    std::string certificate;  // PEM files; empty for no TLS
    std::string key;
    // Whether the browser sees TLS: ours, or that of the proxy in front of us.
    bool secure_cookie = false;
};

// The page, the API and the metrics over HTTP. Nothing that it answers changes anything.
class WebServer {
public:
    // Binds the address, so that a port that is taken shows at once.
    [[nodiscard]] static Result<std::unique_ptr<WebServer>> bind(const WebSettings& settings,
                                                                 std::unique_ptr<Access> access);
    WebServer(const WebServer&) = delete;
    WebServer& operator=(const WebServer&) = delete;
    WebServer(WebServer&&) = delete;
    WebServer& operator=(WebServer&&) = delete;
    ~WebServer();

    [[nodiscard]] int port() const;
    // Answers from a thread of its own until this is destroyed. `api` outlives it.
    void start(Api& api, std::function<std::string()> metrics);
    // Ends with every connection.
    void stop();

private:
    class Listener;
    WebServer();

    std::unique_ptr<Listener> listener_;
};

}  // namespace tcpdx::app
