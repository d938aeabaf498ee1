#pragma once

namespace CLI {
class App;
}

namespace tcpdx::app {

// Makes the parser's own words ("Usage", "Options") follow the reader's language, and its columns
// the width of the characters. Commands made after this inherit it.
void translate_help(CLI::App& app);

// The same for what CLI11 gives a command without asking: call it when all commands are there.
void translate_commands(CLI::App& app);

}  // namespace tcpdx::app
