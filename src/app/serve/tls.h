#pragma once

#include <openssl/ssl.h>

#include <memory>
#include <optional>
#include <string>

#include "base/result.h"
#include "model/message.h"

namespace tcpdx::app {

// From PEM files; what is wrong with which of them, where it cannot be used.
[[nodiscard]] Result<std::shared_ptr<SSL_CTX>> load_tls(const std::string& certificate,
                                                        const std::string& key);

// That the certificate is not valid yet, not any more, or not much longer. It is served all the
// same: to watch the host matters more, and who looks is told by the browser too.
[[nodiscard]] std::optional<Message> validity_warning(SSL_CTX& tls, const std::string& certificate);

}  // namespace tcpdx::app
