#include "app/serve/web_server.h"

#include <fcntl.h>
#include <httplib.h>

#include <atomic>
#include <cerrno>
#include <map>
#include <mutex>
#include <thread>

#include "app/serve/access.h"
#include "app/serve/http_stream.h"
#include "app/serve/plain_pages.h"
#include "app/serve/tls.h"
#include "base/i18n.h"
#include "presentation/i18n.h"
#include "presentation/web/assets.h"

namespace tcpdx::app {
namespace {

using namespace std::chrono_literals;
using httplib::Request;
using httplib::Response;
using httplib::Server;

// A reader of events keeps a thread.
constexpr int kMostReaders = 32;
constexpr std::size_t kThreads = 48;
constexpr int kMostRequestsPerConnection = 1000;
// One client that opens connections and leaves them so must not take all threads. Behind a proxy
// all come from its address, and it has to see to that itself.
constexpr int kMostPerAddress = 24;

Language language_of(const Request& request) {
    const std::string wanted = request.has_param("lang")
                                   ? request.get_param_value("lang")
                                   : request.get_header_value("Accept-Language").substr(0, 2);
    return wanted == "ko" ? Language::Korean : Language::English;
}

void put(Response& response, const Answer& answer) {
    response.status = answer.status;
    response.set_content(answer.body, answer.content_type);
}

// "light", "dark", or empty for that of the system.
std::string theme_of(const Request& request) {
    const std::string theme = request.get_param_value("theme");
    return theme == "light" || theme == "dark" ? theme : std::string();
}

// With the look of the page that one comes from.
std::string address_of_login(const Request& request, bool was_wrong) {
    const std::string theme = theme_of(request);
    return std::string("/login?lang=") + (language_of(request) == Language::Korean ? "ko" : "en") +
           (theme.empty() ? "" : "&theme=" + theme) + (was_wrong ? "&wrong=1" : "");
}

void redirect(Response& response, const std::string& where) {
    response.status = 303;
    response.set_header("Location", where);
}

// Of every answer. The page is the only one that may be kept.
void put_safety_headers(Response& response) {
    response.set_header("Content-Security-Policy", std::string(web::kContentSecurityPolicy));
    response.set_header("X-Content-Type-Options", "nosniff");
    response.set_header("X-Frame-Options", "DENY");
    response.set_header("Referrer-Policy", "no-referrer");
    response.set_header("Cross-Origin-Resource-Policy", "same-origin");
    if (!response.has_header("Cache-Control")) {
        response.set_header("Cache-Control", "no-store");
    }
}

}  // namespace

class WebServer::Listener final : public Server {
public:
    explicit Listener(WebSettings settings) : settings_(std::move(settings)) {}
    Listener(const Listener&) = delete;
    Listener& operator=(const Listener&) = delete;
    Listener(Listener&&) = delete;
    Listener& operator=(Listener&&) = delete;
    ~Listener() override {
        stopping_ = true;
        stop();
        if (thread_.joinable()) {
            thread_.join();
        }
    }

    Result<> prepare() {
        TRY(change(settings_));
        new_task_queue = [] { return new httplib::ThreadPool(kThreads); };
        // A descriptor that a command of an alert would inherit holds the port.
        set_socket_options([](socket_t socket) {
            const int on = 1;
            ::setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
            ::fcntl(socket, F_SETFD, FD_CLOEXEC);
        });
        set_tcp_nodelay(true);
        set_payload_max_length(8192);
        if (settings_.port == 0) {
            port_ = bind_to_any_port(settings_.address);
        } else {
            port_ = bind_to_port(settings_.address, settings_.port) ? settings_.port : -1;
        }
        if (port_ < 0) {
            return os_failure(N_("listening for browsers"),
                              settings_.address + ":" + std::to_string(settings_.port));
        }
        return {};
    }

    void start(Api& api, std::function<std::string()> metrics) {
        api_ = &api;
        metrics_ = std::move(metrics);
        set_routes();
        thread_ = std::thread([this] { listen_after_bind(); });
        while (!is_running()) {
            std::this_thread::sleep_for(1ms);
        }
    }

    [[nodiscard]] int port() const { return port_; }

    Result<> change(const WebSettings& settings) {
        std::string token;
        if (!settings.token_file.empty()) {
            token = TRY(Access::read_token(settings.token_file));
        }
        std::shared_ptr<SSL_CTX> tls;
        if (!settings.certificate.empty()) {
            tls = TRY(load_tls(settings.certificate, settings.key));
        }
        access_.change(token, settings.hosts);
        secure_cookie_ = settings.secure_cookie;
        const std::lock_guard lock(mutex_);
        certificate_ = settings.certificate;
        tls_ = std::move(tls);
        return {};
    }

    [[nodiscard]] std::optional<Message> certificate_warning() {
        const std::lock_guard lock(mutex_);
        return tls_ == nullptr ? std::nullopt : validity_warning(*tls_, certificate_);
    }

private:
    // Counts this connection among those of its client, while it lasts.
    class OneOfAddress {
    public:
        OneOfAddress(Listener& listener, std::string address)
            : listener_(listener), address_(std::move(address)) {
            const std::lock_guard lock(listener_.mutex_);
            number_ = ++listener_.connections_from_[address_];
        }
        OneOfAddress(const OneOfAddress&) = delete;
        OneOfAddress& operator=(const OneOfAddress&) = delete;
        OneOfAddress(OneOfAddress&&) = delete;
        OneOfAddress& operator=(OneOfAddress&&) = delete;
        ~OneOfAddress() {
            const std::lock_guard lock(listener_.mutex_);
            const auto count = listener_.connections_from_.find(address_);
            if (--count->second == 0) {
                listener_.connections_from_.erase(count);
            }
        }
        [[nodiscard]] int number() const { return number_; }

    private:
        Listener& listener_;
        std::string address_;
        int number_ = 0;
    };

    [[nodiscard]] std::shared_ptr<SSL_CTX> tls() {
        const std::lock_guard lock(mutex_);
        return tls_;
    }

    bool process_and_close_socket(socket_t socket) override {
        const std::shared_ptr<SSL_CTX> tls_of_now = tls();
        HttpStream stream(socket, tls_of_now.get());
        const OneOfAddress one(*this, stream.remote_address());
        if ((tls_of_now != nullptr && one.number() > kMostPerAddress) || !stream.begin()) {
            return false;
        }
        for (int i = 1; i <= kMostRequestsPerConnection; ++i) {
            if (!stream.wait_for_request([this] { return stopping_.load(); })) {
                return true;
            }
            stream.expect_request();
            bool closed = false;
            const bool last = i == kMostRequestsPerConnection;
            if (!process_request(stream, last, closed, [](Request&) {}) || closed ||
                stream.gave_up()) {
                return true;
            }
        }
        return true;
    }

    void set_routes() {
        set_pre_routing_handler([this](const Request& request, Response& response) {
            const LanguageOfThread speaking(language_of(request));
            return let_in(request, response) ? HandlerResponse::Unhandled
                                             : HandlerResponse::Handled;
        });
        set_post_routing_handler(
            [](const Request& /*request*/, Response& response) { put_safety_headers(response); });
        set_exception_handler(
            [](const Request& /*request*/, Response& response, std::exception_ptr /*thrown*/) {
                put(response, error_answer(500, "failed", "an error within tcpdx"));
            });
        Get("/api/v1/events", [this](const Request& request, Response& response) {
            stream_events(request, response);
        });
        Get("/metrics", [this](const Request& /*request*/, Response& response) {
            response.set_content(metrics_(), "text/plain; version=0.0.4; charset=utf-8");
        });
        Get("/login", [this](const Request& request, Response& response) {
            if (!access_.needs_token()) {
                redirect(response, "/");
                return;
            }
            const LanguageOfThread speaking(language_of(request));
            put(response, login_page(request.has_param("wrong"), theme_of(request)));
        });
        Get("/plain.css",
            [](const Request& /*request*/, Response& response) { put(response, plain_style()); });
        Post("/login",
             [this](const Request& request, Response& response) { log_in(request, response); });
        Post("/logout", [this](const Request& request, Response& response) {
            access_.log_out(request.get_header_value("Cookie"));
            response.set_header("Set-Cookie",
                                std::string(Access::kCookie) + "=; Max-Age=0; Path=/; HttpOnly");
            redirect(response, address_of_login(request, false));
        });
        Get(".*",
            [this](const Request& request, Response& response) { answer(request, response); });
    }

    bool let_in(const Request& request, Response& response) {
        const bool known_method =
            request.method == "GET" || request.method == "HEAD" ||
            (request.method == "POST" && (request.path == "/login" || request.path == "/logout"));
        if (!known_method) {
            response.set_header("Allow", "GET, HEAD");
            put(response, error_answer(405, "not-allowed", _("This only answers questions.")));
            return false;
        }
        if (!access_.is_our_name(request.get_header_value("Host"))) {
            put(response, error_answer(403, "forbidden-host",
                                       _("This host is not known by that name here: see --host.")));
            return false;
        }
        if (request.has_param("lang") && request.get_param_value("lang") != "en" &&
            request.get_param_value("lang") != "ko") {
            put(response, error_answer(400, "bad-language", _("There are: en ko"), "lang"));
            return false;
        }
        // What the login page consists of.
        if (request.path == "/login" || request.path == "/plain.css" ||
            request.path == "/favicon.svg" ||
            access_.may_enter(request.get_header_value("Authorization"),
                              request.get_header_value("Cookie"))) {
            return true;
        }
        if (request.path.starts_with("/api/") || request.path == "/metrics") {
            response.set_header("WWW-Authenticate", "Bearer");
            put(response, error_answer(401, "unauthorized", _("This needs the token.")));
        } else {
            redirect(response, address_of_login(request, false));
        }
        return false;
    }

    void log_in(const Request& request, Response& response) {
        const std::string session = access_.log_in(request.get_param_value("token"));
        if (session.empty()) {
            // Whoever guesses, guesses slowly.
            std::this_thread::sleep_for(1s);
            redirect(response, address_of_login(request, true));
            return;
        }
        response.set_header("Set-Cookie", std::string(Access::kCookie) + "=" + session +
                                              "; Path=/; Max-Age=43200; HttpOnly; SameSite=Strict" +
                                              (secure_cookie_ ? "; Secure" : ""));
        redirect(response, "/");
    }

    void answer(const Request& request, Response& response) {
        const Language language = language_of(request);
        const LanguageOfThread speaking(language);
        if (request.path.starts_with("/api/")) {
            put(response,
                api_->answer(
                    {.path = request.path, .parameters = request.params, .language = language}));
            return;
        }
        if (const web::Asset* asset = web::find_asset(request.path)) {
            put_asset(*asset, request, response);
            return;
        }
        if (request.path == "/") {
            put(response, findings_page(*api_, language));
            return;
        }
        put(response, error_answer(404, "not-found", _("There is nothing at this address.")));
    }

    static void put_asset(const web::Asset& asset, const Request& request, Response& response) {
        response.set_header("ETag", std::string(asset.etag));
        response.set_header("Cache-Control",
                            asset.immutable ? "public, max-age=31536000, immutable" : "no-cache");
        response.set_header("Vary", "Accept-Encoding");
        if (request.get_header_value("If-None-Match") == asset.etag) {
            response.status = 304;
            return;
        }
        if (request.get_header_value("Accept-Encoding").find("gzip") == std::string::npos) {
            put(response, error_answer(406, "failed", "this page comes gzip'ed only"));
            return;
        }
        response.set_header("Content-Encoding", "gzip");
        // Not set_content(): the library would compress it once more.
        response.set_content_provider(
            asset.gzip.size(), std::string(asset.content_type),
            [bytes = asset.gzip](std::size_t offset, std::size_t length, httplib::DataSink& sink) {
                return sink.write(reinterpret_cast<const char*>(bytes.data()) + offset, length);
            });
    }

    void stream_events(const Request& request, Response& response) {
        const Language language = language_of(request);
        const LanguageOfThread speaking(language);
        if (++readers_ > kMostReaders) {
            --readers_;
            put(response, error_answer(503, "too-many", _("Too many are reading already.")));
            return;
        }
        struct Progress {
            std::string last;
            std::uint64_t number = 0;
            bool greeted = false;
        };
        const auto progress = std::make_shared<Progress>();
        response.set_header("X-Accel-Buffering", "no");
        response.set_chunked_content_provider(
            "text/event-stream",
            [this, language, progress](std::size_t /*offset*/, httplib::DataSink& sink) {
                const LanguageOfThread speaking_here(language);
                if (!progress->greeted) {
                    progress->greeted = true;
                    constexpr std::string_view kGreeting = ": tcpdx\n\n";
                    return sink.write(kGreeting.data(), kGreeting.size());
                }
                std::string document = api_->now(language);
                while (document == progress->last || document.empty()) {
                    if (stopping_) {
                        return false;
                    }
                    std::this_thread::sleep_for(50ms);
                    document = api_->now(language);
                }
                progress->last = std::move(document);
                const std::string event = "id: " + std::to_string(++progress->number) +
                                          "\nevent: now\ndata: " + progress->last + "\n\n";
                return sink.write(event.data(), event.size());
            },
            [this](bool /*whole*/) { --readers_; });
    }

    WebSettings settings_;  // of the start
    Access access_;
    std::atomic<bool> secure_cookie_ = false;
    std::mutex mutex_;  // what follows
    std::string certificate_;
    std::shared_ptr<SSL_CTX> tls_;  // null for no TLS
    std::map<std::string, int> connections_from_;

    Api* api_ = nullptr;
    std::function<std::string()> metrics_;
    int port_ = -1;
    std::atomic<bool> stopping_ = false;
    std::atomic<int> readers_ = 0;
    std::thread thread_;
};

WebServer::WebServer() = default;
WebServer::~WebServer() = default;

Result<std::unique_ptr<WebServer>> WebServer::bind(const WebSettings& settings) {
    std::unique_ptr<WebServer> server(new WebServer);
    server->listener_ = std::make_unique<Listener>(settings);
    TRY(server->listener_->prepare());
    return server;
}

Result<> WebServer::change(const WebSettings& settings) {
    return listener_->change(settings);
}

std::optional<Message> WebServer::certificate_warning() const {
    return listener_->certificate_warning();
}

int WebServer::port() const {
    return listener_->port();
}

void WebServer::stop() {
    listener_.reset();
}

void WebServer::start(Api& api, std::function<std::string()> metrics) {
    listener_->start(api, std::move(metrics));
}

}  // namespace tcpdx::app
