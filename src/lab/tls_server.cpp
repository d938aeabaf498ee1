#include "lab/tls_server.h"

#include <openssl/evp.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <poll.h>

#include "base/i18n.h"
#include "base/owned.h"
#include "lab/prompt_thread.h"

namespace tcpdx::lab {
namespace {

constexpr long kDay = 86400;

tl::unexpected<Error> no_certificate() {
    return failure(ErrorCode::System, N_("making a certificate for the lab"));
}

}  // namespace

struct TlsServer::Context {
    Owned<SSL_CTX, ::SSL_CTX_free> tls;
};

TlsServer::TlsServer(KernelSocket listener, std::unique_ptr<Context> context)
    : listener_(std::move(listener)), context_(std::move(context)), thread_([this] { run(); }) {}

TlsServer::~TlsServer() {
    stopping_ = true;
    thread_.join();
}

Result<std::unique_ptr<TlsServer>> TlsServer::start(std::uint16_t port) {
    const Owned<EVP_PKEY, ::EVP_PKEY_free> key(EVP_EC_gen("P-256"));
    const Owned<X509, ::X509_free> certificate(X509_new());
    auto context = std::make_unique<Context>();
    context->tls.reset(SSL_CTX_new(TLS_server_method()));
    if (!key || !certificate || !context->tls) {
        return no_certificate();
    }
    X509_set_version(certificate.get(), 2);
    ASN1_INTEGER_set(X509_get_serialNumber(certificate.get()), 1);
    X509_gmtime_adj(X509_getm_notBefore(certificate.get()), -30 * kDay);
    X509_gmtime_adj(X509_getm_notAfter(certificate.get()), -kDay);
    X509_set_pubkey(certificate.get(), key.get());
    X509_NAME* name = X509_get_subject_name(certificate.get());
    const unsigned char text[] = "tcpdx lab";
    X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, text, -1, -1, 0);
    X509_set_issuer_name(certificate.get(), name);
    if (X509_sign(certificate.get(), key.get(), EVP_sha256()) == 0 ||
        SSL_CTX_use_certificate(context->tls.get(), certificate.get()) != 1 ||
        SSL_CTX_use_PrivateKey(context->tls.get(), key.get()) != 1) {
        return no_certificate();
    }
    KernelSocket listener = TRY(KernelSocket::listen(port));
    return std::unique_ptr<TlsServer>(new TlsServer(std::move(listener), std::move(context)));
}

void TlsServer::run() {
    using std::chrono::milliseconds;
    run_as_another_host();
    while (!stopping_) {
        const auto accepted = listener_.accept(milliseconds(100));
        if (!accepted) {
            continue;
        }
        const Owned<SSL, ::SSL_free> session(SSL_new(context_->tls.get()));
        SSL_set_fd(session.get(), accepted->fd());
        // The socket does not block: go on whenever something has come.
        while (!stopping_ && SSL_accept(session.get()) <= 0) {
            pollfd wanted{.fd = accepted->fd(), .events = POLLIN, .revents = 0};
            const int error = SSL_get_error(session.get(), -1);
            if (error != SSL_ERROR_WANT_READ || ::poll(&wanted, 1, 10000) <= 0) {
                break;
            }
        }
    }
}

}  // namespace tcpdx::lab
