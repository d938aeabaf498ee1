#pragma once

#include <cstdint>
#include <string>

#include "base/result.h"
#include "lab/tun_device.h"
#include "model/ip_address.h"

namespace tcpdx::lab {

// A network of this process alone. It has no name anywhere, so it ends with the process however
// that ends, and with it every device, socket, filter rule and kernel option of the lab.
//
//   this kernel 192.0.2.1 --- router 192.0.2.254 --- 198.51.100.2 the peer
//
// All addresses are those that RFC 5737 keeps for documentation.
inline const IpAddress kKernelAddress = IpAddress::v4(0xC0000201);
inline const IpAddress kRouterAddress = IpAddress::v4(0xC00002FE);
inline const IpAddress kPeerAddress = IpAddress::v4(0xC6336402);
inline constexpr const char* kPeerText = "198.51.100.2";
inline constexpr const char* kKernelText = "192.0.2.1";

// Leaves the host's network for one that nobody else is in: as root, or else as root of a user
// namespace. To be called before there is a second thread. Fails with PermissionDenied when the
// system allows neither.
[[nodiscard]] Result<> enter_private_network();

// The device between both ends, with the addresses and routes from above. Refuses (Usage) outside
// of a private network, and where any device is up: it might lead somewhere.
[[nodiscard]] Result<TunDevice> lay_road();

// Of this network. Refuses while the process is still in the host's.
[[nodiscard]] Result<> set_option(const std::string& name, const std::string& value);

}  // namespace tcpdx::lab
