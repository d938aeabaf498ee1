#pragma once

#include <functional>
#include <optional>
#include <vector>

#include "app/host_names.h"
#include "base/result.h"
#include "model/age_estimate.h"
#include "model/filter/expression.h"
#include "model/listener_index.h"
#include "model/observations.h"
#include "presentation/list/columns.h"
#include "presentation/list/connection_writer.h"
#include "presentation/list/list_context.h"
#include "sources/procfs/network_namespaces.h"
#include "sources/procfs/socket_holders.h"
#include "sources/sockdiag/exact_ages.h"
#include "sources/sockdiag/tcp_dump.h"

namespace tcpdx::app {

// What has to be found out about connections. Each costs time, so none is looked for in vain.
struct Needs {
    bool owners = false;
    bool units = false;     // and other facts about the owning processes
    bool tcp_info = false;  // ages and openers need it too
    bool ages = false;
    bool drops = false;
    bool congestion = false;
    bool listeners = false;  // to attribute connections to them
    bool namespaces = false;

    void add(const std::vector<const Field*>& fields);
    void add(const filter::Expression& filter);
};

// Lists the connections of this host that a filter lets through, one by one, while the kernel is
// still listing: only a few are collected, until it shows whether more come. Holds what rows refer
// to.
class Listing {
public:
    Listing(const filter::Expression& filter, Needs needs, bool all_namespaces);

    // For writers of rows. Filled in before the first row.
    [[nodiscard]] const ListContext& context() const { return context_; }
    [[nodiscard]] bool table_changed() const { return table_changed_; }
    // What could not be looked at.
    [[nodiscard]] const std::vector<Unseen>& unseen() const { return unseen_; }

    // Hands every connection to `writer`, but for finish(). `stopped` ends the work early, when
    // nobody reads what is written.
    [[nodiscard]] Result<> run(ConnectionWriter& writer, const std::function<bool()>& stopped);

private:
    struct Rows;

    Result<> list_all();
    Result<> list_namespace(std::uint32_t index);
    Result<> write_collected(Rows& rows);
    [[nodiscard]] bool may_be_shown(const Connection& connection) const;
    void read_stamps(const Rows& rows);
    Result<> read_proc_table(const Error& refused);
    Result<> find_owners();
    void complete(Connection& connection, const ListenerIndex& listeners);
    void pass_on(Connection& connection, const ListenerIndex& listeners);
    void note(const sockdiag::DumpOutcome& outcome);
    [[nodiscard]] sockdiag::DumpRequest request() const;

    const filter::Expression& filter_;
    Needs needs_;
    Needs filter_needs_;  // of these, the filter's own
    bool all_namespaces_;
    HostNames names_;
    ListContext context_;
    std::vector<Process> processes_;
    std::vector<NetworkNamespace> namespaces_;
    std::optional<procfs::SocketHolders> holders_;
    filter::Context filter_context_;
    sockdiag::ExactAges stamped_ages_;  // of the current namespace
    std::vector<Unseen> unseen_;
    bool table_changed_ = false;
    bool netlink_refused_ = false;

    ConnectionWriter* writer_ = nullptr;
    const std::function<bool()>* stopped_ = nullptr;
    std::uint32_t current_namespace_ = 0;
    KernelTimes kernel_times_;
};

}  // namespace tcpdx::app
