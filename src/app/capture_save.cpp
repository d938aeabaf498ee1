#include "app/capture_save.h"

#include <unistd.h>

#include <algorithm>

#include "app/output_file.h"
#include "base/i18n.h"
#include "sources/capture/packet_writer.h"

namespace tcpdx::app {

Result<> write_all(int fd, std::span<const std::byte> bytes) {
    while (!bytes.empty()) {
        const ssize_t written = ::write(fd, bytes.data(), bytes.size());
        if (written < 0 && errno != EINTR) {
            return os_failure(N_("writing the packets"));
        }
        bytes = bytes.subspan(static_cast<std::size_t>(std::max<ssize_t>(written, 0)));
    }
    return {};
}

Result<> save_packets(const std::vector<std::string>& files, const Captured& captured,
                      const std::vector<std::uint32_t>& indexes, const std::string& to) {
    OutputFile file = TRY(OutputFile::create(to));
    capture::PacketWriter writer([&](auto bytes) { return write_all(file.fd(), bytes); });
    TRY(writer.start());
    const capture::PacketChoice choice(captured, indexes);
    for (const std::string& name : files) {
        auto window = TRY(capture::InputWindow::open(name));
        auto reader = TRY(capture::PacketReader::open(std::move(window)));
        capture::PacketRecord packet;
        while (reader.next(packet)) {
            if (choice.contains(packet)) {
                TRY(writer.add(packet));
            }
        }
    }
    TRY(writer.flush());
    return file.keep();
}

}  // namespace tcpdx::app
