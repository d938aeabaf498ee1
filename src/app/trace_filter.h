#pragma once

#include <functional>
#include <string>
#include <vector>

#include "model/filter/expression.h"
#include "model/trace/life_tracker.h"

namespace tcpdx::app {

// Lets through what a filter of connections lets through. A step passes when the filter holds for
// the connection just before it or just after it, so that `--state close-wait` shows the way in and
// the way out, and `age > 30s` what left a state after more than that. A whole life passes when the
// filter holds for one of its states.
class FilteringListener final : public trace::LifeListener {
public:
    using NameOfNamespace = std::function<std::string_view(std::uint32_t inode)>;

    FilteringListener(trace::LifeListener& next, const filter::Expression& filter,
                      NameOfNamespace name_of_namespace);

    void stepped(const trace::Life& life, std::size_t index) override;
    void happened(const trace::Event& event, const trace::Life* life) override;
    void ended(const trace::Life& life) override;

    // Whether any of its states so far passes.
    [[nodiscard]] bool wants(const trace::Life& life);

private:
    [[nodiscard]] bool matches(const Connection& connection, std::uint32_t network_namespace,
                               const trace::LifeOwner* owner);

    trace::LifeListener& next_;
    const filter::Expression& filter_;
    NameOfNamespace name_of_namespace_;
    bool everything_ = false;
    std::vector<Process> process_;             // one: the owner of what is being asked about
    std::vector<NetworkNamespace> namespace_;  // the same
};

}  // namespace tcpdx::app
