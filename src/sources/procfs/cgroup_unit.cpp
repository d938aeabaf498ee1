#include "sources/procfs/cgroup_unit.h"

#include <algorithm>
#include <array>
#include <optional>

#include "base/words.h"

namespace tcpdx::procfs {
namespace {

constexpr std::size_t kIdDigits = 64;
constexpr std::size_t kShownDigits = 12;

struct RuntimePrefix {
    std::string_view prefix;
    std::string_view runtime;
};

// With systemd as cgroup driver a container is a scope: "docker-<id>.scope".
constexpr std::array kRuntimePrefixes{
    RuntimePrefix{"docker-", "docker"},      RuntimePrefix{"cri-containerd-", "containerd"},
    RuntimePrefix{"nerdctl-", "containerd"}, RuntimePrefix{"crio-", "cri-o"},
    RuntimePrefix{"libpod-", "podman"},
};

bool is_container_id(std::string_view text) {
    return text.size() == kIdDigits && std::all_of(text.begin(), text.end(), [](char c) {
               return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
           });
}

std::string shown(std::string_view runtime, std::string_view id) {
    return std::string(runtime) + ":" + std::string(id.substr(0, kShownDigits));
}

std::string_view without_suffix(std::string_view text, std::string_view suffix) {
    return text.ends_with(suffix) ? text.substr(0, text.size() - suffix.size()) : text;
}

// The uid in "pod<uid>" or "kubepods-burstable-pod<uid>.slice", which spells '-' as '_'.
std::optional<std::string> pod_uid(std::string_view component) {
    component = without_suffix(component, ".slice");
    if (component.starts_with("kubepods")) {
        const std::size_t pod = component.rfind("-pod");
        if (pod == std::string_view::npos) {
            return std::nullopt;
        }
        component.remove_prefix(pod + 1);
    }
    if (!component.starts_with("pod") || component.size() < 3 + kShownDigits) {
        return std::nullopt;
    }
    std::string uid(component.substr(3));
    std::replace(uid.begin(), uid.end(), '_', '-');
    return uid;
}

// What one path says, component by component from the root: a later container is one that runs
// inside an earlier one, a later unit belongs to the container before it.
class PathReader {
public:
    void take(std::string_view component) {
        if (!take_container(component)) {
            take_unit(component);
        }
        before_ = component;
    }

    [[nodiscard]] bool in_container() const { return !container_.empty(); }
    [[nodiscard]] std::string answer() const {
        if (container_.empty()) {
            return pod_.empty() ? std::string(unit_) : shown("kubernetes-pod", pod_);
        }
        return unit_.empty() ? container_ : container_ + "/" + std::string(unit_);
    }

private:
    void enter(std::string container) {
        container_ = std::move(container);
        unit_ = {};
    }

    bool take_container(std::string_view component) {
        in_kubepods_ |= component.starts_with("kubepods");
        if (const std::size_t colon = component.rfind(':'); colon != std::string_view::npos) {
            return take_prefixed_id(component.substr(0, colon), component.substr(colon + 1));
        }
        if (auto uid = pod_uid(component); uid && in_kubepods_) {
            pod_ = std::move(*uid);
            unit_ = {};
            return true;
        }
        // lxc names its containers, and runs a monitor outside of each.
        constexpr std::string_view kLxcPayload = "lxc.payload.";
        if (component.starts_with(kLxcPayload)) {
            enter("lxc:" + std::string(component.substr(kLxcPayload.size())));
            return true;
        }
        if (before_ == "lxc" || before_ == "lxc.payload") {
            enter("lxc:" + std::string(component));
            return true;
        }

        std::string_view id = without_suffix(component, ".scope");
        for (const RuntimePrefix& known : kRuntimePrefixes) {
            if (id.starts_with(known.prefix) && is_container_id(id.substr(known.prefix.size()))) {
                enter(shown(known.runtime, id.substr(known.prefix.size())));
                return true;
            }
        }
        if (is_container_id(id)) {
            enter(shown(runtime_of_parent(), id));
            return true;
        }
        return false;
    }

    // From a containerd told to use systemd by a kubelet that does not:
    // "kubepods-podUID.slice:cri-containerd:<id>".
    bool take_prefixed_id(std::string_view prefix, std::string_view id) {
        if (!is_container_id(id)) {
            return false;
        }
        enter(shown(prefix.ends_with("cri-containerd") ? "containerd" : "container", id));
        return true;
    }

    [[nodiscard]] std::string_view runtime_of_parent() const {
        if (before_ == "docker") {
            return "docker";
        }
        if (!pod_.empty()) {
            return "kubernetes";
        }
        // containerd's own paths are /NAMESPACE/<id>.
        if (before_ == "default" || before_ == "k8s.io") {
            return "containerd";
        }
        return "container";
    }

    void take_unit(std::string_view component) {
        if (component.ends_with(".service") || component.ends_with(".scope")) {
            unit_ = component;
        }
    }

    std::string container_;
    std::string pod_;
    bool in_kubepods_ = false;
    std::string_view unit_;    // into the text
    std::string_view before_;  // into the text
};

PathReader read_path(std::string_view path) {
    PathReader reader;
    path = without_suffix(path, " (deleted)");
    while (!path.empty()) {
        const std::size_t slash = path.find('/');
        if (slash != 0) {
            reader.take(path.substr(0, slash));
        }
        path.remove_prefix(slash == std::string_view::npos ? path.size() : slash + 1);
    }
    return reader;
}

}  // namespace

std::string unit_of_cgroup(std::string_view text) {
    std::string unit;
    bool unit_is_of_systemd = false;
    while (const auto line = take_line(text)) {
        // "4:memory:/docker/0123...". Only the path may hold more colons.
        const std::size_t first = line->find(':');
        const std::size_t second =
            first == std::string_view::npos ? first : line->find(':', first + 1);
        if (second == std::string_view::npos) {
            continue;
        }
        const std::string_view controllers = line->substr(first + 1, second - first - 1);
        const PathReader reader = read_path(line->substr(second + 1));
        // Under v1 each controller has its own path, and a container may be in just some of them.
        if (reader.in_container()) {
            return reader.answer();
        }
        const bool of_systemd = controllers.empty() || controllers == "name=systemd";
        if (unit.empty() || (of_systemd && !unit_is_of_systemd)) {
            std::string answer = reader.answer();
            if (!answer.empty()) {
                unit = std::move(answer);
                unit_is_of_systemd = of_systemd;
            }
        }
    }
    return unit;
}

}  // namespace tcpdx::procfs
