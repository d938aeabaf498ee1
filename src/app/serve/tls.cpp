#include "app/serve/tls.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include <array>
#include <ctime>
#include <fstream>

#include "base/i18n.h"

namespace tcpdx::app {
namespace {

// OpenSSL tells that a file cannot be opened in words of its own.
Result<> can_be_read(const std::string& path, const char* doing) {
    errno = 0;
    const std::ifstream file(path);
    if (!file) {
        return os_failure(doing, path);
    }
    return {};
}

tl::unexpected<Error> wrong(const char* what, const std::string& path) {
    ERR_clear_error();
    return unexpected(Error{.code = ErrorCode::Usage, .doing = what, .os_error = 0, .about = path});
}

// Never asks for a password, which nobody could type where a service starts.
int no_password(char* /*into*/, int /*size*/, int /*writing*/, void* asked) {
    *static_cast<bool*>(asked) = true;
    return -1;
}

std::string date_of(const ASN1_TIME* time) {
    std::tm parts{};
    std::array<char, 32> text{};
    if (ASN1_TIME_to_tm(time, &parts) != 1) {
        return {};
    }
    const std::size_t size = std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%SZ", &parts);
    return {text.data(), size};
}

}  // namespace

Result<std::shared_ptr<SSL_CTX>> load_tls(const std::string& certificate, const std::string& key) {
    const std::shared_ptr<SSL_CTX> tls(SSL_CTX_new(TLS_server_method()), SSL_CTX_free);
    SSL_CTX_set_min_proto_version(tls.get(), TLS1_2_VERSION);
    SSL_CTX_set_options(tls.get(), SSL_OP_NO_RENEGOTIATION);
    SSL_CTX_set_mode(tls.get(),
                     SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    TRY(can_be_read(certificate, N_("reading the certificate")));
    if (SSL_CTX_use_certificate_chain_file(tls.get(), certificate.c_str()) != 1) {
        return wrong(N_("reading the certificate: there is none in this file (PEM is wanted)"),
                     certificate);
    }
    TRY(can_be_read(key, N_("reading the key of the certificate")));
    bool password_asked_for = false;
    SSL_CTX_set_default_passwd_cb(tls.get(), no_password);
    SSL_CTX_set_default_passwd_cb_userdata(tls.get(), &password_asked_for);
    const bool has_key = SSL_CTX_use_PrivateKey_file(tls.get(), key.c_str(), SSL_FILETYPE_PEM) == 1;
    const bool other_key = ERR_GET_REASON(ERR_peek_last_error()) == X509_R_KEY_VALUES_MISMATCH ||
                           ERR_GET_REASON(ERR_peek_last_error()) == X509_R_KEY_TYPE_MISMATCH;
    SSL_CTX_set_default_passwd_cb_userdata(tls.get(), nullptr);
    if (password_asked_for) {
        return wrong(N_("reading the key of the certificate: it is encrypted with a password"),
                     key);
    }
    if ((!has_key && other_key) || (has_key && SSL_CTX_check_private_key(tls.get()) != 1)) {
        return wrong(N_("reading the key of the certificate: it belongs to another certificate"),
                     key);
    }
    if (!has_key) {
        return wrong(
            N_("reading the key of the certificate: there is none in this file (PEM is wanted)"),
            key);
    }
    return tls;
}

std::optional<Message> validity_warning(SSL_CTX& tls, const std::string& certificate) {
    constexpr std::time_t kSoon = 14L * 24 * 3600;
    const X509* own = SSL_CTX_get0_certificate(&tls);
    if (own == nullptr) {
        return std::nullopt;
    }
    const ASN1_TIME* from = X509_get0_notBefore(own);
    const ASN1_TIME* until = X509_get0_notAfter(own);
    if (X509_cmp_current_time(from) > 0) {
        return Message{N_("The certificate in {0} is not valid before {1}: browsers refuse it."),
                       {certificate, date_of(from)}};
    }
    if (X509_cmp_current_time(until) < 0) {
        return Message{N_("The certificate in {0} has expired at {1}: browsers refuse it."),
                       {certificate, date_of(until)}};
    }
    std::time_t soon = std::time(nullptr) + kSoon;
    if (X509_cmp_time(until, &soon) < 0) {
        return Message{N_("The certificate in {0} expires at {1}."), {certificate, date_of(until)}};
    }
    return std::nullopt;
}

}  // namespace tcpdx::app
