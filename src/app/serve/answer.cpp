#include "app/serve/answer.h"

#include <nlohmann/json.hpp>

namespace tcpdx::app {

Answer error_answer(int status, std::string_view error, std::string_view message,
                    std::string_view parameter) {
    nlohmann::ordered_json document{
        {"schema", "tcpdx.error/1"}, {"error", error}, {"message", message}};
    if (!parameter.empty()) {
        document["parameter"] = parameter;
    }
    return {
        .status = status,
        .body = document.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace)};
}

}  // namespace tcpdx::app
