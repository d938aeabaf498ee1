#include "sources/trace/kernel_btf.h"

#include <bpf/btf.h>

#include <algorithm>

#include "base/owned.h"

namespace tcpdx::trace {
namespace {

constexpr std::string_view kTracepoint = "btf_trace_";

// btf_trace_NAME is a pointer to a function whose first argument is the program's context.
int arguments_of(const btf* kernel, const btf_type* type) {
    for (int depth = 0; type != nullptr && depth < 4; ++depth) {
        if (::btf_is_func_proto(type)) {
            return std::max(0, int{::btf_vlen(type)} - 1);
        }
        type = ::btf__type_by_id(kernel, type->type);
    }
    return 0;
}

void read_names(const btf* kernel, const btf_type* type, std::string_view prefix,
                std::vector<std::string>& names) {
    constexpr std::size_t kMostNames = 1024;  // numbers of subsystems begin at 65536
    const struct btf_enum* values = ::btf_enum(type);
    for (std::uint16_t i = 0; i < ::btf_vlen(type); ++i) {
        const char* name = ::btf__name_by_offset(kernel, values[i].name_off);
        const auto number = static_cast<std::size_t>(values[i].val);
        if (name == nullptr || values[i].val < 0 || number >= kMostNames) {
            continue;
        }
        std::string_view text(name);
        if (text.starts_with(prefix)) {
            text.remove_prefix(prefix.size());
        }
        if (names.size() <= number) {
            names.resize(number + 1);
        }
        names[number] = text;
    }
}

bool has_member(const btf* kernel, const btf_type* type, std::string_view wanted) {
    const btf_member* members = ::btf_members(type);
    for (std::uint16_t i = 0; i < ::btf_vlen(type); ++i) {
        const char* name = ::btf__name_by_offset(kernel, members[i].name_off);
        if (name != nullptr && name == wanted) {
            return true;
        }
    }
    return false;
}

}  // namespace

Result<KernelFeatures> read_kernel_features() {
    const Owned<btf, btf__free> kernel(::btf__load_vmlinux_btf());
    if (!kernel) {
        return failure(ErrorCode::Unsupported,
                       "reading what the kernel says of its types (/sys/kernel/btf/vmlinux)");
    }
    KernelFeatures features;
    const std::uint32_t count = ::btf__type_cnt(kernel.get());
    for (std::uint32_t id = 1; id < count; ++id) {
        const btf_type* type = ::btf__type_by_id(kernel.get(), id);
        if (type == nullptr ||
            (!::btf_is_typedef(type) && !::btf_is_enum(type) && !::btf_is_struct(type))) {
            continue;
        }
        const char* text = ::btf__name_by_offset(kernel.get(), type->name_off);
        const std::string_view name(text == nullptr ? "" : text);
        if (::btf_is_struct(type)) {
            if (name == "request_sock") {
                features.request_has_timer = has_member(kernel.get(), type, "rsk_timer");
            } else if (name == "inet_timewait_sock") {
                features.time_wait_has_timer = has_member(kernel.get(), type, "tw_timer");
            }
        } else if (::btf_is_enum(type)) {
            if (name == "sk_rst_reason") {
                read_names(kernel.get(), type, "SK_RST_REASON_", features.reasons.resets);
            } else if (name == "skb_drop_reason") {
                read_names(kernel.get(), type, "SKB_DROP_REASON_", features.reasons.drops);
            }
        } else if (name.starts_with(kTracepoint)) {
            features.tracepoint_arguments.emplace(name.substr(kTracepoint.size()),
                                                  arguments_of(kernel.get(), type));
        }
    }
    return features;
}

}  // namespace tcpdx::trace
