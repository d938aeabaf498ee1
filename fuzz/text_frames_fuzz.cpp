#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "sources/text/commands.h"
#include "sources/text/headers.h"
#include "sources/text/lines.h"
#include "sources/text/property_list.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    tcpdx::text::LineReader lines(std::string_view(reinterpret_cast<const char*>(data), size));
    tcpdx::text::PropertyList properties;
    while (const auto line = lines.next()) {
        const tcpdx::text::Tokens tokens(*line);
        const auto command = tcpdx::text::parse_command(*line);
        if (command && (command->tool == tcpdx::text::Tool::None || command->text.empty())) {
            std::abort();
        }
        (void)tcpdx::text::parse_prompt(*line);
        (void)tcpdx::text::parse_banner(*line);
        (void)tcpdx::text::is_omission(*line);
        (void)tcpdx::text::parse_header(tokens);
        if (properties.starts_again(tokens)) {
            (void)properties.take_row();
        }
        (void)properties.take_line(tokens);
    }
    return 0;
}
