#include "sources/procfs/cgroup_unit.h"

#include <gtest/gtest.h>

#include <string>

namespace tcpdx::procfs {
namespace {

const std::string kId = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

struct Row {
    std::string cgroup;
    std::string unit;
};

TEST(UnitOfCgroup, NamesTheUnitOrContainerOfEachRuntime) {
    const std::string pod = "1a2b3c4d_5e6f_7081_92a3_b4c5d6e7f809";
    const Row rows[] = {
        {"0::/system.slice/nginx.service\n", "nginx.service"},
        {"0::/system.slice/system-getty.slice/getty@tty1.service\n", "getty@tty1.service"},
        {"0::/user.slice/user-1000.slice/session-3.scope\n", "session-3.scope"},
        {"0::/user.slice/user-1000.slice/user@1000.service/app.slice/web.service\n", "web.service"},
        {"0::/system.slice/web.service/payload\n", "web.service"},
        {"0::/system.slice/web.service (deleted)\n", "web.service"},
        {"0::/../../system.slice/web.service\n", "web.service"},
        {"0::/init.scope\n", "init.scope"},
        {"0::/system.slice\n", ""},
        {"0::/\n", ""},
        {"0::/system.slice/docker-" + kId + ".scope\n", "docker:0123456789ab"},
        {"0::/docker/" + kId + "\n", "docker:0123456789ab"},
        {"0::/system.slice/docker-" + kId + ".scope/system.slice/nginx.service\n",
         "docker:0123456789ab/nginx.service"},
        {"0::/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod" + pod +
             ".slice/cri-containerd-" + kId + ".scope\n",
         "containerd:0123456789ab"},
        {"0::/kubepods.slice/kubepods-pod" + pod + ".slice/crio-" + kId + ".scope\n",
         "cri-o:0123456789ab"},
        {"0::/kubepods/burstable/pod1a2b3c4d-5e6f-7081-92a3-b4c5d6e7f809/" + kId + "\n",
         "kubernetes:0123456789ab"},
        {"0::/kubepods.slice/kubepods-pod" + pod + ".slice\n", "kubernetes-pod:1a2b3c4d-5e6"},
        {"0::/system.slice/containerd.service/kubepods-pod" + pod + ".slice:cri-containerd:" + kId +
             "\n",
         "containerd:0123456789ab"},
        {"0::/k8s.io/" + kId + "\n", "containerd:0123456789ab"},
        {"0::/machine.slice/libpod-" + kId + ".scope/container\n", "podman:0123456789ab"},
        {"0::/machine.slice/libpod-conmon-" + kId + ".scope\n", "libpod-conmon-" + kId + ".scope"},
        {"0::/lxc.payload.web\n", "lxc:web"},
        {"0::/lxc/101/ns/system.slice/nginx.service\n", "lxc:101/nginx.service"},
        {"0::/ecs/task/" + kId + "\n", "container:0123456789ab"},
        // An id is 64 digits; what only looks like one is not.
        {"0::/build/" + kId.substr(1) + "\n", ""},
    };
    for (const Row& row : rows) {
        EXPECT_EQ(unit_of_cgroup(row.cgroup), row.unit) << row.cgroup;
    }
}

TEST(UnitOfCgroup, FindsAContainerInAnyControllerOfVersion1) {
    EXPECT_EQ(unit_of_cgroup("12:pids:/\n4:memory:/docker/" + kId +
                             "\n1:name=systemd:/system.slice/docker.service\n0::/\n"),
              "docker:0123456789ab");
}

TEST(UnitOfCgroup, BelievesSystemdsOwnHierarchyFirst) {
    EXPECT_EQ(unit_of_cgroup("4:memory:/system.slice/old.service\n"
                             "1:name=systemd:/system.slice/new.service\n0::/\n"),
              "new.service");
}

TEST(UnitOfCgroup, SurvivesEveryTruncation) {
    const std::string whole = "0::/system.slice/docker-" + kId + ".scope\n";
    for (std::size_t size = 0; size + 1 < whole.size(); ++size) {
        const std::string unit = unit_of_cgroup(whole.substr(0, size));
        EXPECT_TRUE(unit.empty() || unit == "docker:0123456789ab") << size << ": " << unit;
    }
}

}  // namespace
}  // namespace tcpdx::procfs
