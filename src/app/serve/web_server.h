#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "app/serve/api.h"
#include "base/result.h"

namespace tcpdx::app {

struct WebSettings {
    std::string address = "127.0.0.1";
    int port = 9669;
    std::string token_file;          // empty for no token
    std::vector<std::string> hosts;  // names of this host besides its own
    std::string certificate;         // PEM files; empty for no TLS
    std::string key;
    // Whether the browser sees TLS: ours, or that of the proxy in front of us.
    bool secure_cookie = false;
};

// The page, the API and the metrics over HTTP. Nothing that it answers changes anything.
class WebServer {
public:
    // Binds the address, so that a port that is taken shows at once.
    [[nodiscard]] static Result<std::unique_ptr<WebServer>> bind(const WebSettings& settings);
    WebServer(const WebServer&) = delete;
    WebServer& operator=(const WebServer&) = delete;
    WebServer(WebServer&&) = delete;
    WebServer& operator=(WebServer&&) = delete;
    ~WebServer();

    // Reads the token and the certificate again, and takes over the rest but for the address. What
    // is open stays open; a new token ends all sessions. Or all stays as it was.
    [[nodiscard]] Result<> change(const WebSettings& settings);
    // What is wrong with how long the certificate is valid.
    [[nodiscard]] std::optional<Message> certificate_warning() const;

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
