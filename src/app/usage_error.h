#pragma once

#include <string>

namespace CLI {
class App;
class ParseError;
}  // namespace CLI

namespace tcpdx::app {

// Makes the parser's own words ("Usage", "Options") follow the reader's language.
void translate_help(CLI::App& app);

// What is wrong with the command line, in the reader's language.
[[nodiscard]] std::string usage_error_text(const CLI::App& app, const CLI::ParseError& error);

}  // namespace tcpdx::app
