#include "sources/probe/conversation.h"

#include <linux/sockios.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "base/owned.h"

namespace tcpdx::probe {
namespace {

using std::chrono::duration_cast;
using std::chrono::microseconds;
using std::chrono::milliseconds;
using Clock = std::chrono::steady_clock;
using Outcome = Exchange::Outcome;
using TlsProblem = Exchange::TlsProblem;

// Enough of an answer to find what was expected in it.
constexpr std::size_t kMostKept = 65536;

using SslContext = Owned<SSL_CTX, ::SSL_CTX_free>;
using SslSession = Owned<SSL, ::SSL_free>;
using Certificate = Owned<X509, ::X509_free>;
using Memory = Owned<BIO, ::BIO_free>;
using Names = Owned<GENERAL_NAMES, ::GENERAL_NAMES_free>;

bool wait_for(int socket, short events, Clock::time_point end, const Stop& stop) {
    while (!stop()) {
        const auto left = std::chrono::ceil<milliseconds>(end - Clock::now());
        if (left.count() <= 0) {
            return false;
        }
        pollfd waiting{.fd = socket, .events = events, .revents = 0};
        if (::poll(&waiting, 1, static_cast<int>(std::min<std::int64_t>(left.count(), 100))) > 0) {
            return true;
        }
    }
    return false;
}

// One end of bytes, plain or TLS: how much was moved, 0 at the end, or why not.
enum class Move : std::uint8_t { Done, End, WantRead, WantWrite, Failed };

std::string printed(const X509_NAME* name) {
    const Memory memory(BIO_new(BIO_s_mem()));
    X509_NAME_print_ex(memory.get(), name, 0, XN_FLAG_RFC2253);
    char* text = nullptr;
    const long size = BIO_get_mem_data(memory.get(), &text);
    return size > 0 ? std::string(text, static_cast<std::size_t>(size)) : std::string();
}

std::string printed(const ASN1_TIME* time) {
    const Memory memory(BIO_new(BIO_s_mem()));
    ASN1_TIME_print(memory.get(), time);
    char* text = nullptr;
    const long size = BIO_get_mem_data(memory.get(), &text);
    return size > 0 ? std::string(text, static_cast<std::size_t>(size)) : std::string();
}

// As RFC 6125, 6.4 has clients compare: the alternative names that are of DNS.
std::string names_of(const X509* certificate) {
    const Names names{static_cast<GENERAL_NAMES*>(
        X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr))};
    std::string text;
    for (int i = 0; i < sk_GENERAL_NAME_num(names.get()); ++i) {
        const GENERAL_NAME* name = sk_GENERAL_NAME_value(names.get(), i);
        if (name->type == GEN_DNS) {
            const ASN1_STRING* dns = name->d.dNSName;
            text += (text.empty() ? "" : ", ") +
                    std::string(reinterpret_cast<const char*>(ASN1_STRING_get0_data(dns)),
                                static_cast<std::size_t>(ASN1_STRING_length(dns)));
        }
    }
    return text;
}

TlsProblem problem_of_verification(long result) {
    switch (result) {
        case X509_V_OK:
            return TlsProblem::None;
        case X509_V_ERR_CERT_HAS_EXPIRED:
            return TlsProblem::Expired;
        case X509_V_ERR_CERT_NOT_YET_VALID:
            return TlsProblem::NotYetValid;
        case X509_V_ERR_HOSTNAME_MISMATCH:
        case X509_V_ERR_IP_ADDRESS_MISMATCH:
            return TlsProblem::OtherName;
        default:
            return TlsProblem::Untrusted;
    }
}

class Talk {
public:
    Talk(int socket, const Conversation& wanted, milliseconds patience, const Stop& stop)
        : socket_(socket),
          wanted_(wanted),
          stop_(stop),
          start_(Clock::now()),
          end_(start_ + patience) {}

    Exchange run() {
        const bool begun = !wanted_.tls || (prepare_tls() && shake_hands());
        if (begun && send_request()) {
            receive_answer();
        }
        result_.took = duration_cast<microseconds>(Clock::now() - start_);
        return std::move(result_);
    }

private:
    void fail(int error) {
        result_.error = error;
        result_.outcome =
            error == ECONNRESET || error == EPIPE ? Outcome::Reset : Outcome::NotAcknowledged;
    }

    [[nodiscard]] bool unacknowledged() const {
        int bytes = 0;
        return ::ioctl(socket_, SIOCOUTQ, &bytes) == 0 && bytes > 0;
    }

    // The peer acknowledges, and lets us send no more.
    [[nodiscard]] bool window_is_closed() const {
        tcp_info info{};
        socklen_t size = sizeof info;
        return ::getsockopt(socket_, IPPROTO_TCP, TCP_INFO, &info, &size) == 0 &&
               size >= offsetof(tcp_info, tcpi_snd_wnd) + sizeof info.tcpi_snd_wnd &&
               info.tcpi_snd_wnd == 0;
    }

    void time_is_over() {
        if (!unacknowledged()) {
            result_.outcome = Outcome::Silence;
        } else {
            result_.outcome = window_is_closed() ? Outcome::WindowClosed : Outcome::NotAcknowledged;
        }
    }

    // --- TLS ------------------------------------------------------------------------------------

    bool prepare_tls() {
        context_.reset(SSL_CTX_new(TLS_client_method()));
        if (!context_ || SSL_CTX_set_default_verify_paths(context_.get()) != 1) {
            return tls_failed(TlsProblem::Other, "OpenSSL does not start");
        }
        // The handshake is to go on, so that all that is wrong can be told.
        SSL_CTX_set_verify(context_.get(), SSL_VERIFY_NONE, nullptr);
        session_.reset(SSL_new(context_.get()));
        SSL* ssl = session_.get();
        const std::string& name = wanted_.server_name;
        // An address goes into no SNI (RFC 6066, 3), but into the comparison of names.
        X509_VERIFY_PARAM* verification = SSL_get0_param(ssl);
        if (X509_VERIFY_PARAM_set1_ip_asc(verification, name.c_str()) != 1) {
            // SSL_set_tlsext_host_name() is a macro with a C cast for what is const here.
            SSL_ctrl(ssl, SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name,
                     const_cast<char*>(name.c_str()));
            SSL_set1_host(ssl, name.c_str());
        }
        ERR_clear_error();
        return SSL_set_fd(ssl, socket_) == 1 || tls_failed(TlsProblem::Other, "SSL_set_fd");
    }

    bool tls_failed(TlsProblem problem, std::string detail) {
        result_.outcome = Outcome::TlsFailed;
        result_.tls_problem = problem;
        result_.tls_detail = std::move(detail);
        return false;
    }

    bool shake_hands() {
        SSL* ssl = session_.get();
        for (;;) {
            ERR_clear_error();
            const int done = SSL_connect(ssl);
            if (done == 1) {
                read_certificate();
                return true;
            }
            switch (SSL_get_error(ssl, done)) {
                case SSL_ERROR_WANT_READ:
                    if (!wait_for(socket_, POLLIN, end_, stop_)) {
                        time_is_over();
                        return false;
                    }
                    break;
                case SSL_ERROR_WANT_WRITE:
                    if (!wait_for(socket_, POLLOUT, end_, stop_)) {
                        time_is_over();
                        return false;
                    }
                    break;
                case SSL_ERROR_SYSCALL:
                    return handshake_broken(errno);
                default:
                    return handshake_refused();
            }
        }
    }

    bool handshake_broken(int error) {
        if (error == 0) {
            result_.outcome = Outcome::Closed;
        } else {
            fail(error);
        }
        return false;
    }

    bool handshake_refused() {
        const unsigned long code = ERR_peek_error();
        const char* reason = ERR_reason_error_string(code);
        const std::string detail = reason == nullptr ? "unknown" : reason;
        const int number = ERR_GET_REASON(code);
        if (number == SSL_R_UNEXPECTED_EOF_WHILE_READING) {
            result_.outcome = Outcome::Closed;
            return false;
        }
        if (number == SSL_R_WRONG_VERSION_NUMBER || number == SSL_R_HTTP_REQUEST ||
            number == SSL_R_UNKNOWN_PROTOCOL) {
            return tls_failed(TlsProblem::NotTls, detail);
        }
        // Alerts of the peer have 1000 added to their number.
        const bool alert = number >= SSL_AD_REASON_OFFSET;
        return tls_failed(alert ? TlsProblem::RefusedByPeer : TlsProblem::Other, detail);
    }

    void read_certificate() {
        SSL* ssl = session_.get();
        result_.tls_version = SSL_get_version(ssl);
        if (const Certificate certificate{SSL_get1_peer_certificate(ssl)}) {
            result_.certificate_subject = printed(X509_get_subject_name(certificate.get()));
            result_.certificate_issuer = printed(X509_get_issuer_name(certificate.get()));
            result_.certificate_ends = printed(X509_get0_notAfter(certificate.get()));
            read_chain(certificate.get());
            const long verified = SSL_get_verify_result(ssl);
            result_.tls_problem = problem_of_verification(verified);
            // A self-signed certificate hides that it has expired as well.
            if (X509_cmp_current_time(X509_get0_notAfter(certificate.get())) < 0) {
                result_.tls_problem = TlsProblem::Expired;
            }
            if (X509_cmp_current_time(X509_get0_notBefore(certificate.get())) > 0) {
                result_.tls_problem = TlsProblem::NotYetValid;
            }
            if (result_.tls_problem == TlsProblem::OtherName) {
                result_.certificate_names = names_of(certificate.get());
            }
            if (result_.tls_problem != TlsProblem::None) {
                result_.tls_detail = X509_verify_cert_error_string(verified);
            }
        }
    }

    void read_chain(const X509* own) {
        // Not ours to free; the peer's own certificate is its first.
        const STACK_OF(X509)* sent = SSL_get_peer_cert_chain(session_.get());
        for (int i = 0; i < sk_X509_num(sent); ++i) {
            const X509* link = sk_X509_value(sent, i);
            if (X509_cmp(link, own) != 0) {
                result_.chain.push_back(
                    {.subject = printed(X509_get_subject_name(link)),
                     .issuer = printed(X509_get_issuer_name(link)),
                     .ends = printed(X509_get0_notAfter(link)),
                     .expired = X509_cmp_current_time(X509_get0_notAfter(link)) < 0});
            }
        }
    }

    // --- bytes ----------------------------------------------------------------------------------

    Move move_of(int done) {
        if (done > 0) {
            return Move::Done;
        }
        switch (SSL_get_error(session_.get(), done)) {
            case SSL_ERROR_WANT_READ:
                return Move::WantRead;
            case SSL_ERROR_WANT_WRITE:
                return Move::WantWrite;
            case SSL_ERROR_ZERO_RETURN:
                return Move::End;
            case SSL_ERROR_SYSCALL:
                if (errno == 0) {
                    return Move::End;
                }
                break;
            default:
                if (ERR_GET_REASON(ERR_peek_error()) == SSL_R_UNEXPECTED_EOF_WHILE_READING) {
                    return Move::End;
                }
                errno = EPROTO;
        }
        return Move::Failed;
    }

    static Move move_of_plain(ssize_t done, Move wanted) {
        if (done > 0) {
            return Move::Done;
        }
        if (done == 0) {
            return Move::End;
        }
        return errno == EAGAIN ? wanted : Move::Failed;
    }

    bool wait_for_move(Move move) {
        return wait_for(socket_, move == Move::WantRead ? POLLIN : POLLOUT, end_, stop_);
    }

    bool send_request() {
        std::string_view rest = wanted_.request;
        while (!rest.empty()) {
            ssize_t done = 0;
            Move move = Move::Failed;
            if (session_) {
                ERR_clear_error();
                done = SSL_write(session_.get(), rest.data(), static_cast<int>(rest.size()));
                move = move_of(static_cast<int>(done));
            } else {
                done = ::send(socket_, rest.data(), rest.size(), MSG_NOSIGNAL);
                move = move_of_plain(done, Move::WantWrite);
            }
            if (move == Move::Done) {
                rest.remove_prefix(static_cast<std::size_t>(done));
                result_.bytes_sent += static_cast<std::uint64_t>(done);
            } else if (move == Move::Failed || move == Move::End) {
                fail(errno);
                return false;
            } else if (!wait_for_move(move)) {
                time_is_over();
                return false;
            }
        }
        return true;
    }

    [[nodiscard]] bool satisfied(const std::string& answer) const {
        return wanted_.expected.empty() ? !answer.empty()
                                        : answer.find(wanted_.expected) != std::string::npos;
    }

    void receive_answer() {
        if (wanted_.tls && wanted_.request.empty() && wanted_.expected.empty()) {
            result_.outcome = Outcome::Answered;  // the handshake was what was asked for
            return;
        }
        std::string answer;
        for (;;) {
            std::array<char, 16384> piece{};
            ssize_t done = 0;
            Move move = Move::Failed;
            if (session_) {
                ERR_clear_error();
                errno = 0;
                done = SSL_read(session_.get(), piece.data(), static_cast<int>(piece.size()));
                move = move_of(static_cast<int>(done));
            } else {
                done = ::recv(socket_, piece.data(), piece.size(), 0);
                move = move_of_plain(done, Move::WantRead);
            }
            if (move == Move::Done) {
                result_.bytes_received += static_cast<std::uint64_t>(done);
                answer.append(piece.data(), static_cast<std::size_t>(done));
                answer.resize(std::min(answer.size(), kMostKept));
            } else if (move == Move::End) {
                result_.outcome = answer.empty() ? Outcome::Closed : Outcome::OtherAnswer;
                break;
            } else if (move == Move::Failed) {
                fail(errno);
                break;
            } else if (!wait_for_move(move)) {
                if (answer.empty()) {
                    time_is_over();
                } else {
                    result_.outcome = Outcome::OtherAnswer;
                }
                break;
            }
            if (satisfied(answer)) {
                result_.outcome = Outcome::Answered;
                break;
            }
        }
        result_.first_line = first_line_of(answer);
    }

    // What a terminal can show of it.
    static std::string first_line_of(const std::string& answer) {
        constexpr std::size_t kLongest = 200;
        std::string line = answer.substr(0, std::min(answer.find_first_of("\r\n"), kLongest));
        std::replace_if(
            line.begin(), line.end(), [](char c) { return c < ' ' || c > '~'; }, '.');
        return line;
    }

    int socket_;
    const Conversation& wanted_;
    const Stop& stop_;
    Clock::time_point start_;
    Clock::time_point end_;
    SslContext context_;
    SslSession session_;
    Exchange result_;
};

}  // namespace

std::string http_request(const std::string& host, const std::string& path) {
    return "GET " + path + " HTTP/1.1\r\nHost: " + host +
           "\r\nUser-Agent: tcpdx\r\nAccept: */*\r\nConnection: close\r\n\r\n";
}

Exchange converse(int socket, const Conversation& conversation, milliseconds patience,
                  const Stop& stop) {
    return Talk(socket, conversation, patience, stop).run();
}

}  // namespace tcpdx::probe
