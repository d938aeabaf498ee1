// Why the port that the user asked about cannot be had, or is not answered by whom they think.
//
// What holds a port (measured on Linux 6.18, with and without SO_REUSEADDR on the new socket):
// - a listener, on the same or the wildcard address: bind() fails either way;
// - a client connection that was given the port as its source port: fails either way;
// - TIME-WAIT or connections left by a server: bind() fails, unless both the old and the new socket
//   set SO_REUSEADDR; TIME-WAIT of a client's socket, which never set it, blocks either way.
// The second happens when the port lies in net.ipv4.ip_local_port_range, and then at random.

#include "diagnosis/rules/port_taken_by_another.h"

#include <algorithm>
#include <charconv>

#include "base/i18n.h"
#include "diagnosis/evidence.h"
#include "diagnosis/grouping.h"

namespace tcpdx::diagnosis {
namespace {

// "8080,9000-9100": the kernel writes it in this form whatever was written to it.
bool is_reserved(std::string_view list, std::uint16_t port) {
    while (!list.empty()) {
        const std::string_view item = list.substr(0, list.find(','));
        list.remove_prefix(std::min(item.size() + 1, list.size()));
        unsigned first = 0;
        const char* end = item.data() + item.size();
        const auto parsed = std::from_chars(item.data(), end, first);
        if (parsed.ec != std::errc()) {
            continue;
        }
        unsigned last = first;
        if (parsed.ptr != end && *parsed.ptr == '-') {
            std::from_chars(parsed.ptr + 1, end, last);
        }
        if (port >= first && port <= last) {
            return true;
        }
    }
    return false;
}

class PortHolders {
public:
    PortHolders(const Situation& situation, std::uint16_t port)
        : situation_(situation), port_(port), listeners_(situation.lookups().listeners_on(port)) {}

    std::vector<Finding> findings() {
        if (!listeners_.empty()) {
            held_by_another_process();
            different_programs();
            if (situation_.is_paste() && findings_.empty()) {
                held_by_a_listener();
            }
        } else if (situation_.now.coverage.listeners && situation_.now.coverage.connections &&
                   situation_.has_every_row()) {
            held_by_connections();
        }
        may_be_given_to_a_client();
        return std::move(findings_);
    }

    // Of a port that nobody asked about in so many words.
    std::vector<Finding> findings_about_listener() {
        if (!listeners_.empty()) {
            held_by_a_listener();
        }
        return std::move(findings_);
    }

private:
    [[nodiscard]] const Connection& connection(std::uint32_t index) const {
        return situation_.now.connections[index];
    }

    Finding& start(Severity severity, Message claim) {
        Finding& finding = findings_.emplace_back();
        finding.severity = severity;
        finding.claim = std::move(claim);
        return finding;
    }

    void add_listeners(Finding& finding) const {
        for (const std::uint32_t index : listeners_) {
            finding.connections.push_back(index);
            finding.evidence.push_back(
                {{N_("{0} listens on {1}"),
                  {owner_name(situation_, connection(index)), connection(index).local}},
                 origin_of(connection(index)),
                 ss_command("-ltnp", port_)});
        }
    }

    // Asked for a port and a process: the process has it, or who else has.
    void held_by_another_process() {
        if (!situation_.asked.pid) {
            return;
        }
        for (const std::uint32_t index : listeners_) {
            const Connection& listener = connection(index);
            const Process* process = situation_.now.process_of(listener);
            // Of several holders only one is named, and the others could be the process.
            if (process == nullptr || process->pid == *situation_.asked.pid ||
                listener.owner.more_holders > 0) {
                return;
            }
        }
        Finding& finding =
            start(Severity::Problem,
                  {N_("Port {0} is held by {1}, not by process {2}."),
                   {Port{port_}, owner_name(situation_, connection(listeners_.front())),
                    std::int64_t{*situation_.asked.pid}}});
        add_listeners(finding);
        finding.advice = {
            {N_("Stop that program or move one of the two to another port. "
                "SO_REUSEADDR does not let two programs listen on one address.")}};
    }

    // Whoever asks about a port in a paste may be the one who cannot have it.
    void held_by_a_listener() {
        const Connection& listener = connection(listeners_.front());
        Finding& finding =
            start(Severity::Information,
                  situation_.now.process_of(listener) == nullptr
                      ? Message{N_("Port {0} is taken: a program listens on {1}, and another that "
                                   "wants the port is refused (address already in use)."),
                                {Port{port_}, listener.local}}
                      : Message{N_("Port {0} is taken: {1} listens on it, and another program that "
                                   "wants it is refused (address already in use)."),
                                {Port{port_}, owner_name(situation_, listener)}});
        finding.ordinary = !situation_.asked.port;
        add_listeners(finding);
        say_if_program_unknown(finding, situation_, listener.owner.process);
        finding.advice = {
            {N_("If that is the program that should have it, this is right. Otherwise "
                "stop it, or move one of the two to another port.")}};
    }

    void different_programs() {
        std::vector<std::string> names;
        for (const std::uint32_t index : listeners_) {
            const Process* process = situation_.now.process_of(connection(index));
            if (process != nullptr &&
                std::find(names.begin(), names.end(), process->name) == names.end()) {
                names.push_back(process->name);
            }
        }
        if (names.size() < 2) {
            return;
        }
        Finding& finding = start(
            Severity::Information,
            {N_("Different programs listen on port {0}, each on its own address: the address that "
                "a client uses decides which of them answers."),
             {Port{port_}}});
        add_listeners(finding);
        finding.advice = {
            {N_("If clients get answers from the wrong program, look at which of "
                "these addresses the name they use leads to.")}};
    }

    void held_by_connections() {
        std::vector<std::uint32_t> clients;
        std::vector<std::uint32_t> time_wait;
        std::vector<std::uint32_t> left_over;
        const std::vector<Connection>& all = situation_.now.connections;
        for (std::uint32_t index = 0; index < all.size(); ++index) {
            if (all[index].local.port != port_ || all[index].state == TcpState::Closed) {
                continue;
            }
            if (all[index].state == TcpState::TimeWait) {
                time_wait.push_back(index);
            } else if (all[index].opener == Opener::Active) {
                clients.push_back(index);
            } else {
                left_over.push_back(index);
            }
        }
        if (!clients.empty()) {
            held_by_client(clients);
        } else if (!time_wait.empty() || !left_over.empty()) {
            held_by_the_past(time_wait, left_over);
        }
    }

    void held_by_client(const std::vector<std::uint32_t>& clients) {
        const Connection& first = connection(clients.front());
        const Process* process = situation_.now.process_of(first);
        const Value from = process == nullptr ? Value(first.local) : name_of(*process);
        Finding& finding =
            start(Severity::Problem,
                  {N_("Port {0} is in use as the source port of a client connection ({1} to {2}): "
                      "a server cannot have it now."),
                   {Port{port_}, from, first.remote}});
        finding.connections = clients;
        finding.evidence.push_back({{N_("this host opened {0} from {1}, so bind() of that address "
                                        "or of all addresses fails with EADDRINUSE"),
                                     {first.remote, first.local}},
                                    origin_of(first),
                                    ss_command("-tanp", port_)});
        say_if_program_unknown(finding, situation_, first.owner.process);
        finding.advice = {
            {N_("End that connection, then start the server. SO_REUSEADDR in the server does not "
                "help against it.")},
            {N_("Keep it from happening again: add the port to "
                "net.ipv4.ip_local_reserved_ports.")}};
    }

    void held_by_the_past(const std::vector<std::uint32_t>& time_wait,
                          const std::vector<std::uint32_t>& left_over) {
        Finding& finding = start(
            Severity::Information,
            {N_("Old connections still hold port {0}: a server that starts without SO_REUSEADDR "
                "fails with EADDRINUSE."),
             {Port{port_}}});
        if (!left_over.empty()) {
            finding.connections = left_over;
            finding.evidence.push_back({{N_("{0} connections of an earlier server are still open"),
                                         {count_of(left_over.size())}},
                                        origin_of(connection(left_over.front())),
                                        ss_command("-tanp", port_)});
        }
        if (!time_wait.empty()) {
            finding.connections.insert(finding.connections.end(), time_wait.begin(),
                                       time_wait.end());
            finding.evidence.push_back({{N_("{0} in TIME-WAIT, which ends by itself after 60 s"),
                                         {count_of(time_wait.size())}},
                                        origin_of(connection(time_wait.front())),
                                        ss_command("-tan state time-wait", port_)});
        }
        finding.unknown = {
            {N_("whether the sockets before had set SO_REUSEADDR: it only helps "
                "when both the old and the new one set it")}};
        finding.advice = {
            {N_("Set SO_REUSEADDR in the server, as nearly all do; otherwise wait "
                "until these have ended.")}};
    }

    void may_be_given_to_a_client() {
        constexpr const char* kRange = "net.ipv4.ip_local_port_range";
        constexpr const char* kReserved = "net.ipv4.ip_local_reserved_ports";
        const auto low = situation_.now.options.number(kRange, 0);
        const auto high = situation_.now.options.number(kRange, 1);
        const auto reserved = situation_.now.options.text(kReserved);
        if (!low || !high || !reserved || port_ < *low || port_ > *high ||
            is_reserved(*reserved, port_)) {
            return;
        }
        // A client's own source port lies there by nature: only a server's port is at risk.
        if (listeners_.empty() && findings_.empty()) {
            return;
        }
        Finding& finding =
            start(Severity::Information,
                  {N_("Port {0} lies in the range that client connections take source ports from: "
                      "at a restart a server can find it taken."),
                   {Port{port_}}});
        finding.evidence = {{{N_("{0} is {1} to {2}, and the port is not in {3}"),
                              {std::string(kRange), *low, *high, std::string(kReserved)}},
                             Origin::KernelOption,
                             std::string("sysctl ") + kRange + " " + kReserved}};
        finding.advice = {{N_("Reserve it: sysctl -w net.ipv4.ip_local_reserved_ports={0} (with "
                              "what is in that list already), and in /etc/sysctl.d."),
                           {Port{port_}}}};
    }

    const Situation& situation_;
    std::uint16_t port_;
    std::span<const std::uint32_t> listeners_;
    std::vector<Finding> findings_;
};

std::vector<Finding> evaluate(const Situation& situation) {
    if (situation.asked.port) {
        return PortHolders(situation, *situation.asked.port).findings();
    }
    if (situation.is_paste() && situation.asked.mentioned_port && situation.asked.whole_host()) {
        return PortHolders(situation, *situation.asked.mentioned_port).findings_about_listener();
    }
    return {};
}

}  // namespace

const Rule kPortTakenByAnother{
    .id = "port-taken-by-another",
    .title = N_("The port that was asked about is held, or may be taken, by something else."),
    .evaluate = evaluate,
};

}  // namespace tcpdx::diagnosis
