#include "lab/tun_device.h"

#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>

namespace tcpdx::lab {

Result<TunDevice> TunDevice::open(const std::string& name) {
    UniqueFd fd(::open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC));
    if (fd.get() < 0) {
        return os_failure("opening /dev/net/tun");
    }
    ifreq request{};
    request.ifr_flags = IFF_TUN | IFF_NO_PI;
    if (name.size() >= IFNAMSIZ) {
        return failure(ErrorCode::Usage, "the name of a network device is too long");
    }
    std::copy(name.begin(), name.end(), request.ifr_name);
    if (::ioctl(fd.get(), TUNSETIFF, &request) < 0) {
        return os_failure("making the TUN device", name);
    }
    return TunDevice(std::move(fd));
}

Result<std::size_t> TunDevice::read(std::span<std::byte> out) {
    const ssize_t size = ::read(fd_.get(), out.data(), out.size());
    if (size < 0) {
        if (errno == EAGAIN || errno == EINTR) {
            return std::size_t{0};
        }
        return os_failure("reading from the TUN device");
    }
    return static_cast<std::size_t>(size);
}

Result<bool> TunDevice::write(std::span<const std::byte> datagram) {
    if (::write(fd_.get(), datagram.data(), datagram.size()) >= 0) {
        return true;
    }
    // EIO while the device is down, EINVAL for what the kernel will not take.
    if (errno == EAGAIN || errno == ENOBUFS || errno == EIO || errno == EINTR) {
        return false;
    }
    return os_failure("writing to the TUN device");
}

}  // namespace tcpdx::lab
