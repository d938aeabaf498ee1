#include "diagnosis/evidence.h"

#include <algorithm>
#include <map>

#include "base/i18n.h"
#include "diagnosis/grouping.h"

namespace tcpdx::diagnosis {

Value owner_name(const Situation& situation, const Connection& connection) {
    const Process* process = situation.now.process_of(connection);
    return process != nullptr ? Value(name_of(*process)) : PortName{connection.local.port};
}

Value listener_name(const Situation& situation, const Connection& listener) {
    const Process* process = situation.now.process_of(listener);
    return ProgramOnPort{process != nullptr ? name_of(*process) : std::string(),
                         listener.local.port};
}

std::string ss_command(std::string_view options, std::uint16_t local_port) {
    return "ss " + std::string(options) + " 'sport = :" + std::to_string(local_port) + "'";
}

std::vector<std::pair<Value, std::size_t>> holders_of_other_ends(
    const Situation& situation, const std::vector<std::uint32_t>& members, StateSet states) {
    std::map<std::pair<std::uint32_t, std::uint16_t>, std::pair<Value, std::size_t>> counts;
    for (const std::uint32_t index : members) {
        const Connection* other =
            situation.lookups().other_end_of(situation.now.connections[index]);
        if (other != nullptr && states.contains(other->state)) {
            const std::uint32_t process = other->owner.process;
            const std::uint16_t port = process == kNoProcess ? other->local.port : std::uint16_t{0};
            const auto [entry, added] = counts.try_emplace({process, port});
            if (added) {
                entry->second.first = owner_name(situation, *other);
            }
            ++entry->second.second;
        }
    }
    std::vector<std::pair<Value, std::size_t>> sorted;
    sorted.reserve(counts.size());
    for (auto& [key, holder] : counts) {
        sorted.push_back(std::move(holder));
    }
    std::stable_sort(sorted.begin(), sorted.end(),
                     [](const auto& a, const auto& b) { return a.second > b.second; });
    return sorted;
}

std::string pid_text(const Process* process) {
    return process == nullptr ? "PID" : std::to_string(process->pid);
}

void add_peers(Finding& finding, const Situation& situation,
               const std::vector<std::uint32_t>& members) {
    for (const auto& [address, connections] : frequent_peers(situation.now, members, 3)) {
        finding.evidence.push_back({{N_("peer {0}: {1} of them"), {address, count_of(connections)}},
                                    origin_of(situation.now.connections[members.front()]),
                                    ""});
    }
}

bool add_descriptors_if_scarce(Finding& finding, const Situation& situation,
                               const Process* process) {
    if (process == nullptr || !process->open_descriptors || !process->descriptor_limit ||
        static_cast<double>(*process->open_descriptors) * 100 <
            static_cast<double>(*process->descriptor_limit) *
                situation.limits.resource_used_percent) {
        return false;
    }
    const std::string proc = "/proc/" + std::to_string(process->pid);
    finding.evidence.push_back(
        {{N_("{0} has {1} of at most {2} descriptors open"),
          {name_of(*process), count_of(*process->open_descriptors),
           count_of(*process->descriptor_limit)}},
         Origin::Process,
         "ls " + proc + "/fd | wc -l; grep 'open files' " + proc + "/limits"});
    return true;
}

void say_if_program_unknown(Finding& finding, const Situation& situation, std::uint32_t process) {
    if (process != kNoProcess) {
        return;
    }
    if (situation.is_paste()) {
        finding.unknown.push_back({N_("which program it is: the listing does not show it")});
    } else {
        finding.unknown.push_back({N_("which program it is (needs CAP_SYS_PTRACE)")});
    }
}

void add_other_ends(Finding& finding, const Situation& situation,
                    const std::vector<std::uint32_t>& members, StateSet states) {
    for (const auto& [holder, connections] : holders_of_other_ends(situation, members, states)) {
        finding.evidence.push_back(
            {{N_("the other end of {0} of them is on this host, held by {1}"),
              {count_of(connections), holder}},
             origin_of(situation.now.connections[members.front()]),
             "ss -tanp"});
    }
}

bool is_small_client_pool(const Situation& situation, const std::vector<std::uint32_t>& members) {
    return members.size() < situation.limits.many_pooled &&
           std::all_of(members.begin(), members.end(), [&](std::uint32_t index) {
               return situation.now.connections[index].opener == Opener::Active;
           });
}

}  // namespace tcpdx::diagnosis
