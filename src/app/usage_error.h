#pragma once

#include <string>

namespace CLI {
class App;
class ParseError;
class Validator;
}  // namespace CLI

namespace tcpdx::app {

// What is wrong with the command line, in the reader's language.
[[nodiscard]] std::string usage_error_text(const CLI::App& app, const CLI::ParseError& error);

// An option of the program itself that was given together with a command, to which it does not
// belong ("tcpdx list --sample 5"): the parser takes it, and nothing would look at it. Empty when
// there is none.
[[nodiscard]] std::string stray_option_text(const CLI::App& app);

// Checks of values, which complain in the reader's language and add nothing to the help.
[[nodiscard]] CLI::Validator seconds_between(double least, double most);
[[nodiscard]] CLI::Validator port_number();
[[nodiscard]] CLI::Validator whole_number();

}  // namespace tcpdx::app
