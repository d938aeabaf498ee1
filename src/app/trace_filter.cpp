#include "app/trace_filter.h"

#include <algorithm>

namespace tcpdx::app {
namespace {

bool lets_everything_through(const filter::Expression& filter) {
    const auto* all = std::get_if<filter::All>(&filter.is);
    return all != nullptr && std::all_of(all->of.begin(), all->of.end(), lets_everything_through);
}

Connection connection_of(const trace::Life& life, std::size_t index) {
    Connection connection;
    connection.local = life.local;
    connection.remote = life.remote;
    connection.state = life.steps()[index].state;
    connection.kind = life.steps()[index].kind;
    connection.opener = life.opener;
    connection.opener_basis =
        life.opener == Opener::Unknown ? OpenerBasis::None : OpenerBasis::Watched;
    connection.uid = life.user;
    if (life.cookie != 0) {
        connection.cookie = life.cookie;
    }
    const auto milliseconds = [](trace::Time time) {
        return std::chrono::duration_cast<Age::Duration>(time);
    };
    if (index + 1 < life.steps().size()) {
        const trace::Dwell dwell = trace::dwell_in(life, index, {});
        connection.age = dwell.upper
                             ? Age::between(milliseconds(*dwell.lower), milliseconds(*dwell.upper),
                                            AgeMethod::Watched)
                             : Age::at_least(milliseconds(*dwell.lower), AgeMethod::Watched);
    } else {
        connection.age = Age::exact(Age::Duration(0), AgeMethod::Watched);
    }
    return connection;
}

}  // namespace

FilteringListener::FilteringListener(trace::LifeListener& next, const filter::Expression& filter,
                                     NameOfNamespace name_of_namespace)
    : next_(next),
      filter_(filter),
      name_of_namespace_(std::move(name_of_namespace)),
      everything_(lets_everything_through(filter)),
      process_(1),
      namespace_(1) {}

bool FilteringListener::matches(const Connection& asked, std::uint32_t network_namespace,
                                const trace::LifeOwner* owner) {
    Connection connection = asked;
    if (namespace_.front().inode != network_namespace) {
        namespace_.front().inode = network_namespace;
        namespace_.front().name = name_of_namespace_(network_namespace);
    }
    if (owner != nullptr && owner->basis != trace::OwnerBasis::None) {
        process_.front().pid = owner->process;
        process_.front().name = owner->name_text();
        connection.owner.process = 0;
        connection.owner.kind =
            owner->basis == trace::OwnerBasis::Used ? OwnerKind::Process : OwnerKind::NeverAccepted;
    }
    return filter::matches(filter_, connection, {.processes = process_, .namespaces = namespace_});
}

bool FilteringListener::wants(const trace::Life& life) {
    for (std::size_t i = 0; i < life.steps().size(); ++i) {
        if (everything_ || matches(connection_of(life, i), life.network_namespace, &life.owner)) {
            return true;
        }
    }
    return false;
}

void FilteringListener::stepped(const trace::Life& life, std::size_t index) {
    if (everything_) {
        next_.stepped(life, index);
        return;
    }
    // What happens later must not count for a line that is written now.
    Connection after = connection_of(life, index);
    after.age = Age::exact(Age::Duration(0), AgeMethod::Watched);
    if (matches(after, life.network_namespace, &life.owner) ||
        (index > 0 &&
         matches(connection_of(life, index - 1), life.network_namespace, &life.owner))) {
        next_.stepped(life, index);
    }
}

void FilteringListener::happened(const trace::Event& event, const trace::Life* life) {
    if (!everything_ && life == nullptr) {
        Connection connection;
        connection.local = event.local;
        connection.remote = event.remote;
        connection.state = event.to;
        if (!matches(connection, event.network_namespace, nullptr)) {
            return;
        }
    } else if (!everything_ && !matches(connection_of(*life, life->steps().size() - 1),
                                        life->network_namespace, &life->owner)) {
        return;
    }
    next_.happened(event, life);
}

void FilteringListener::ended(const trace::Life& life) {
    if (wants(life)) {
        next_.ended(life);
    }
}

}  // namespace tcpdx::app
