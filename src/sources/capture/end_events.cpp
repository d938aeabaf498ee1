#include "sources/capture/end_events.h"

#include "sources/capture/end_story.h"

namespace tcpdx::capture {

EndStory end_story(const std::vector<LogEntry>& log, std::uint8_t end, const Vantage& vantage,
                   const std::array<bool, 2>& silent) {
    return Story(log, end, vantage, silent).tell();
}

}  // namespace tcpdx::capture
