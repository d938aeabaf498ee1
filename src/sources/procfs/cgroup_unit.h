#pragma once

#include <string>
#include <string_view>

namespace tcpdx::procfs {

// Who started a process, read from /proc/PID/cgroup (cgroup v1, v2 and both together):
//
//     nginx.service               the innermost systemd unit: a service, or a scope
//     (session-3.scope) docker:0123456789ab         a container, by the first 12 digits of its id
//     lxc:web                     or by its name, where the runtime uses names
//     docker:0123456789ab/nginx.service    a unit of a systemd inside the container
//     kubernetes-pod:1a2b3c4d-5e6f         a process of the pod itself, outside of its containers
//
// The runtimes told apart are docker, containerd, cri-o, podman and lxc. In a pod of the kubelet's
// "cgroupfs" driver the path does not name the runtime: "kubernetes:0123456789ab"; another path
// that ends in an id of 64 digits is "container:0123456789ab". Empty when there is none of these.
[[nodiscard]] std::string unit_of_cgroup(std::string_view text);

}  // namespace tcpdx::procfs
