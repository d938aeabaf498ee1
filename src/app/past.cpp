#include "app/past.h"

#include <algorithm>
#include <map>
#include <set>

namespace tcpdx::app {
namespace {

using history::KeptLife;
using history::Micros;

class PastMaker {
public:
    explicit PastMaker(Micros at) : at_(at) {}

    void add(const KeptLife& kept) {
        const trace::Life& life = kept.life;
        const auto steps = life.steps();
        const auto after = std::find_if(steps.begin(), steps.end(), [&](const trace::Step& step) {
            return step.latest > trace::Time(at_);
        });
        // A beginning that was estimated can be later than its row says.
        const std::size_t index =
            after == steps.begin() ? 0 : static_cast<std::size_t>(after - steps.begin()) - 1;
        const trace::Step& step = steps[index];
        if (step.state == TcpState::Closed) {
            return;
        }
        Connection connection;
        connection.local = life.local;
        connection.remote = life.remote;
        connection.state = step.state;
        connection.kind = step.kind;
        connection.opener = life.is_listener() ? Opener::Unknown : life.opener;
        if (connection.opener != Opener::Unknown) {
            connection.opener_basis = OpenerBasis::Watched;
        }
        connection.age = age_in(step);
        connection.cookie = life.cookie;
        connection.uid = life.user;
        connection.network_namespace = namespace_of(life.network_namespace);
        if (life.owner.basis != trace::OwnerBasis::None) {
            connection.owner.process = process_of(life);
            connection.owner.kind = life.owner.basis == trace::OwnerBasis::Used
                                        ? OwnerKind::Process
                                        : OwnerKind::NeverAccepted;
        }
        if (step.kind == SocketKind::TimeWaitSocket) {
            connection.owner = {.kind = OwnerKind::Kernel};
        }
        past_.connections.push_back(connection);
    }

    Past take() { return std::move(past_); }

private:
    [[nodiscard]] Age age_in(const trace::Step& step) const {
        using std::chrono::duration_cast;
        const auto least = duration_cast<Age::Duration>(at_ - duration_cast<Micros>(step.latest));
        if (step.began_unseen()) {
            return Age::at_least(std::max(least, Age::Duration(0)), AgeMethod::Watched);
        }
        const auto most = duration_cast<Age::Duration>(at_ - duration_cast<Micros>(step.earliest));
        return Age::between(std::max(least, Age::Duration(0)), std::max(most, Age::Duration(0)),
                            AgeMethod::Watched);
    }

    std::uint32_t process_of(const trace::Life& life) {
        const std::pair key(life.owner.process, std::string(life.owner.name_text()));
        const auto [found, is_new] =
            processes_.try_emplace(key, static_cast<std::uint32_t>(past_.processes.size()));
        if (is_new) {
            past_.processes.push_back({.pid = key.first, .name = key.second});
        }
        return found->second;
    }

    std::uint32_t namespace_of(std::uint32_t inode) {
        const auto [found, is_new] =
            namespaces_.try_emplace(inode, static_cast<std::uint32_t>(past_.namespaces.size()));
        if (is_new) {
            past_.namespaces.push_back({.inode = inode});
        }
        return found->second;
    }

    Micros at_;
    Past past_;
    std::map<std::pair<int, std::string>, std::uint32_t> processes_;
    std::map<std::uint32_t, std::uint32_t> namespaces_;
};

}  // namespace

Result<Past> connections_at(history::Reader& reader, Micros at,
                            const std::vector<KeptLife>& open_now) {
    PastMaker maker(at);
    std::set<std::pair<std::uint32_t, std::uint64_t>> added;
    for (const KeptLife& kept : open_now) {
        const auto steps = kept.life.steps();
        if (steps.empty() || steps.front().latest > trace::Time(at)) {
            continue;
        }
        maker.add(kept);
        added.emplace(kept.life.network_namespace, kept.life.cookie);
    }
    TRY(reader.lives_at(at, [&](const KeptLife& kept) {
        if (!added.contains({kept.life.network_namespace, kept.life.cookie})) {
            maker.add(kept);
        }
    }));
    return maker.take();
}

}  // namespace tcpdx::app
