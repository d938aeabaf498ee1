#include "sources/text/read_paste.h"

#include "sources/text/lines.h"
#include "sources/text/reader.h"

namespace tcpdx::text {

Reading read_paste(std::string_view bytes) {
    if (const auto decoded = utf8_from_utf16(bytes)) {
        return Reader(*decoded).read();
    }
    return Reader(bytes).read();
}

}  // namespace tcpdx::text
