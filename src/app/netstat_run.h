#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "app/netstat_output.h"
#include "presentation/netstat/names.h"
#include "presentation/netstat/options.h"
#include "presentation/netstat/socket_lines.h"
#include "sources/names/name_resolver.h"
#include "sources/procfs/tables/socket_programs.h"

namespace tcpdx::app {

// One run of the netstat command: joins the tables' sources with their lines. Each list_ function
// returns netstat's exit status for its table; anything but 0 ends the run.
class NetstatRun {
public:
    explicit NetstatRun(const netstat::Options& options);
    NetstatRun(const NetstatRun&) = delete;  // the name look-ups refer to this object
    NetstatRun& operator=(const NetstatRun&) = delete;
    NetstatRun(NetstatRun&&) = delete;
    NetstatRun& operator=(NetstatRun&&) = delete;
    ~NetstatRun() = default;

    [[nodiscard]] int run();

private:
    // Called with the number of a line, the line, and whether it is of an IPv6 table.
    using OnLine = std::function<void(std::size_t, std::string_view, bool)>;

    [[nodiscard]] int repeat(const std::function<int()>& once);

    // netstat_sockets.cpp
    [[nodiscard]] int list_sockets();
    [[nodiscard]] int list_internet();
    [[nodiscard]] int list_tcp();
    // Nothing when the text has to be read instead.
    [[nodiscard]] std::optional<int> list_tcp_by_netlink();
    [[nodiscard]] int list_tcp_by_text();
    [[nodiscard]] int list_datagrams(const char* v4, const char* v6, const char* feature,
                                     std::string_view name_v4, std::string_view name_v6);
    [[nodiscard]] int list_raw();
    [[nodiscard]] int list_sctp();
    [[nodiscard]] int list_groups();
    [[nodiscard]] int list_unix();
    [[nodiscard]] int report_absent_families();
    [[nodiscard]] int report_absent(bool selected, const char* feature);
    [[nodiscard]] int each_line(const char* v4, const char* v6, const char* feature,
                                const OnLine& on_line);
    void load_programs();

    // netstat_tables.cpp
    [[nodiscard]] int list_routes();
    [[nodiscard]] int list_routes_of(std::string_view family);
    [[nodiscard]] int list_routes_v4();
    [[nodiscard]] int list_routes_v6(bool cache);
    [[nodiscard]] int report_absent_routes(std::string_view family);
    [[nodiscard]] int list_interfaces();
    [[nodiscard]] int list_statistics();
    void list_statistics_v4();
    void list_statistics_v6();
    [[nodiscard]] int list_masquerade();

    const netstat::Options options_;
    NetstatOutput output_;
    names::NameResolver resolver_;
    netstat::Names names_;
    netstat::SocketLines lines_;
    bool interfaces_announced_ = false;

    bool programs_loaded_ = false;
    proc_tables::SocketPrograms holders_;
    std::vector<std::string> programs_;  // by index into holders_.holders
    std::vector<std::string> security_contexts_;
};

}  // namespace tcpdx::app
