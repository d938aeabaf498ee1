#include "app/netstat_command.h"

#include <unistd.h>

#include <CLI/CLI.hpp>
#include <csignal>
#include <string>
#include <string_view>
#include <vector>

#include "app/command.h"
#include "app/netstat_options.h"
#include "app/netstat_run.h"
#include "base/i18n.h"
#include "presentation/i18n.h"

namespace tcpdx::app {

NetstatRun::NetstatRun(const netstat::Options& options)
    : options_(options), lines_(options_, names_) {
    names_.host = [this](const IpAddress& address) { return resolver_.host(address); };
    names_.network = [this](const IpAddress& address, const IpAddress& mask, bool host) {
        return resolver_.network(address, mask, host);
    };
    names_.service = [this](netstat::Service service, std::uint16_t port) -> std::string_view {
        switch (service) {
            case netstat::Service::Tcp:
                return resolver_.service(names::ServiceTable::Tcp, port);
            case netstat::Service::Udp:
                return resolver_.service(names::ServiceTable::Udp, port);
            case netstat::Service::Raw:
                return resolver_.service(names::ServiceTable::Raw, port);
            case netstat::Service::Sctp:
                break;
        }
        return {};
    };
    names_.user = [this](std::int32_t uid) { return resolver_.user(uid); };
    const auto by_inode = [this](std::uint64_t inode, const std::vector<std::string>& texts) {
        const auto found = holders_.by_inode.find(inode);
        return found == holders_.by_inode.end() ? std::string_view("-")
                                                : std::string_view(texts[found->second]);
    };
    names_.program = [this, by_inode](std::uint64_t inode) { return by_inode(inode, programs_); };
    names_.security_context = [this, by_inode](std::uint64_t inode) {
        return by_inode(inode, security_contexts_);
    };
}

// -c: until something fails or a signal comes.
int NetstatRun::repeat(const std::function<int()>& once) {
    for (;;) {
        const int status = once();
        if (status != 0 || !options_.continuous) {
            return status;
        }
        output_.flush();
        if (!output_.outcome()) {
            return status;
        }
        ::sleep(1);
    }
}

int NetstatRun::run() {
    int status = 0;
    if (options_.masquerade > 0) {
        status = repeat([this] { return list_masquerade(); });
    } else if (options_.statistics > 0) {
        status = list_statistics();
    } else if (options_.routes > 0) {
        status = repeat([this] { return list_routes(); });
    } else if (options_.interfaces > 0) {
        status = repeat([this] { return list_interfaces(); });
    } else {
        status = repeat([this] { return list_sockets(); });
    }
    output_.flush();
    if (!output_.outcome()) {
        // netstat would not notice; a table that is cut short must not look like a whole one.
        complain(output_.outcome().error());
        return kFailure;
    }
    return status;
}

int run_netstat(int argc, char** argv) {
    std::signal(SIGPIPE, SIG_DFL);
    const NetstatArguments arguments = parse_netstat_arguments(argc, argv);
    if (const int* status = std::get_if<int>(&arguments)) {
        return *status;
    }
    NetstatRun run(std::get<netstat::Options>(arguments));
    return run.run();
}

NetstatCall netstat_call(int argc, char** argv) {
    constexpr std::string_view kName = "netstat";
    if (argc < 1) {
        return {};
    }
    const std::string_view program(argv[0]);
    if (program.substr(program.rfind('/') + 1) == kName) {
        return {argc, argv};
    }
    if (argc >= 2 && argv[1] == kName) {
        return {argc - 1, argv + 1};
    }
    return {};
}

// main() has seen to every call that begins with "netstat"; this lists the command in --help, and
// serves a call that has options of tcpdx in front of it.
void add_netstat_command(CLI::App& tcpdx, Run& chosen) {
    CLI::App* const command = tcpdx.add_subcommand(
        "netstat", _("print what netstat(8) of net-tools prints with the same options, faster"));
    command->set_help_flag();
    command->prefix_command();
    command->callback([command, &chosen] {
        chosen = [arguments = command->remaining_for_passthrough()](const Context&) {
            std::vector<std::string> words{"netstat"};
            words.insert(words.end(), arguments.rbegin(), arguments.rend());
            std::vector<char*> argv;
            for (std::string& word : words) {
                argv.push_back(word.data());
            }
            argv.push_back(nullptr);
            return run_netstat(static_cast<int>(words.size()), argv.data());
        };
    });
}

}  // namespace tcpdx::app
