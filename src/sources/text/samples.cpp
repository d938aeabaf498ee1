#include "sources/text/samples.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <utility>

namespace tcpdx::text {
namespace {

// A socket table's first rows come again first when it is listed again; a socket in the middle that
// is seen twice has only moved while the kernel was listing.
constexpr std::size_t kFirstRows = 3;

std::uint64_t mixed(std::uint64_t hash, std::uint64_t value) {
    hash ^= value;
    hash *= 0x9e3779b97f4a7c15ULL;
    return hash ^ hash >> 29U;
}

std::uint64_t mixed(std::uint64_t hash, const SocketAddress& address) {
    std::uint64_t words[2];
    std::memcpy(words, address.address.bytes.data(), sizeof(words));
    return mixed(mixed(mixed(hash, words[0]), words[1]), address.port);
}

// Finds an earlier row of the same socket. A table of indexes, so that a million rows cost 8 MB.
class RowTable {
public:
    explicit RowTable(const std::vector<Connection>& rows)
        : rows_(rows), slots_(std::bit_ceil(rows.size() * 2 + 1), 0) {}

    // The slot of the row that is the same socket as `index`, or an empty one.
    std::uint32_t& slot(std::size_t index) {
        const Connection& row = rows_[index];
        std::uint64_t hash = mixed(mixed(1, row.local), row.remote);
        if (row.is_listener()) {
            hash = mixed(hash, row.owner.process);
        }
        const std::size_t mask = slots_.size() - 1;
        for (std::size_t at = hash & mask;; at = (at + 1) & mask) {
            if (slots_[at] == 0 || same(rows_[slots_[at] - 1], row)) {
                return slots_[at];
            }
        }
    }

private:
    static bool same(const Connection& a, const Connection& b) {
        return a.local == b.local && a.remote == b.remote && a.is_listener() == b.is_listener() &&
               (!a.is_listener() || a.owner.process == b.owner.process);
    }

    const std::vector<Connection>& rows_;
    std::vector<std::uint32_t> slots_;
};

bool same_kind(const Listing& a, const Listing& b) {
    return a.header == b.header && (a.command == 0 || b.command == 0 || a.command == b.command);
}

template <class T>
void keep_known(std::optional<T>& mine, const std::optional<T>& older) {
    if (!mine) {
        mine = older;
    }
}

// `later` is the same socket in another listing: what it does not say, the one before may.
void complete(Connection& later, const Connection& before) {
    keep_known(later.receive_queue, before.receive_queue);
    keep_known(later.send_queue, before.send_queue);
    keep_known(later.accept_queue, before.accept_queue);
    keep_known(later.backlog_limit, before.backlog_limit);
    keep_known(later.drops, before.drops);
    keep_known(later.timer, before.timer);
    keep_known(later.cookie, before.cookie);
    keep_known(later.inode, before.inode);
    keep_known(later.uid, before.uid);
    keep_known(later.tcp, before.tcp);
    if (later.owner.kind == OwnerKind::Unknown) {
        later.owner = before.owner;
    }
}

class SampleFinder {
public:
    explicit SampleFinder(Collected& all)
        : all_(all), table_(all.rows), dropped_(all.rows.size(), false) {}

    Samples find() {
        assign_kinds();
        std::size_t next = 0;
        for (std::size_t i = 0; i < all_.rows.size(); ++i) {
            while (next < all_.listings.size() && all_.listings[next].first_row <= i) {
                found_.push_back(all_.listings[next++]);
            }
            take(i);
        }
        return result();
    }

private:
    void assign_kinds() {
        std::vector<std::size_t> first_of_kind;
        for (Listing& listing : all_.listings) {
            std::uint32_t kind = 0;
            // Few kinds exist; a paste with very many headers is one kind sampled again and again.
            while (kind < first_of_kind.size() && kind < kMostKinds &&
                   !same_kind(all_.listings[first_of_kind[kind]], listing)) {
                ++kind;
            }
            if (kind == first_of_kind.size()) {
                first_of_kind.push_back(static_cast<std::size_t>(&listing - all_.listings.data()));
            }
            listing.kind =
                std::min<std::uint32_t>(kind, static_cast<std::uint32_t>(first_of_kind.size() - 1));
        }
        last_sample_.assign(first_of_kind.size(), 0);
    }

    [[nodiscard]] const Listing& listing_of(std::size_t row) const {
        const auto after = std::upper_bound(
            found_.begin(), found_.end(), row,
            [](std::size_t index, const Listing& one) { return index < one.first_row; });
        return *(after - 1);
    }

    void take(std::size_t i) {
        const Connection& row = all_.rows[i];
        if (row.local.port == 0 || (!row.is_listener() && row.remote.port == 0)) {
            return;  // a hidden or unknown port: such rows may well be different sockets
        }
        std::uint32_t& slot = table_.slot(i);
        if (slot == 0) {
            slot = static_cast<std::uint32_t>(i + 1);
            return;
        }
        const std::size_t before = slot - 1;
        const Listing other = listing_of(before);
        Listing& mine = found_.back();
        if (other.first_row == mine.first_row) {
            again_in_listing(i, before, slot);
            return;
        }
        slot = static_cast<std::uint32_t>(i + 1);
        if (other.kind != mine.kind) {
            // The present is what the last of them says.
            complete(all_.rows[i], all_.rows[before]);
            dropped_[before] = dropped_[before] || other.sample == last_sample_[other.kind];
        } else if (mine.sample <= other.sample) {
            mine.sample = ++last_sample_[mine.kind];
        }
    }

    void again_in_listing(std::size_t i, std::size_t before, std::uint32_t& slot) {
        if (all_.rows[i].is_listener()) {
            return;  // SO_REUSEPORT
        }
        const Listing& listing = found_.back();
        Connection& first = all_.rows[before];
        const bool other_holder = all_.rows[i].owner.kind == OwnerKind::Process &&
                                  all_.rows[i].owner.process != first.owner.process;
        const Layout layout = all_.notes[i].layout;
        if (other_holder || layout == Layout::Lsof) {
            // lsof and Solaris have a row for each process that holds the socket.
            ++first.owner.more_holders;
            dropped_[i] = true;
            return;
        }
        if (before - listing.first_row >= kFirstRows) {
            complete(all_.rows[i], first);
            dropped_[before] = true;
            slot = static_cast<std::uint32_t>(i + 1);
            return;
        }
        // Without headers, as after grep: the listing begins again here.
        Listing next = listing;
        next.first_row = i;
        next.sample = ++last_sample_[next.kind];
        found_.push_back(next);
        slot = static_cast<std::uint32_t>(i + 1);
    }

    [[nodiscard]] Samples result() const {
        Samples samples;
        samples.now.assign(all_.rows.size(), false);
        samples.earlier.assign(all_.rows.size(), false);
        for (const std::uint32_t last : last_sample_) {
            samples.count = std::max<std::size_t>(samples.count, last + 1);
        }
        for (std::size_t l = 0; l < found_.size(); ++l) {
            const Listing& listing = found_[l];
            const std::size_t end =
                l + 1 < found_.size() ? found_[l + 1].first_row : all_.rows.size();
            const std::uint32_t last = last_sample_[listing.kind];
            for (std::size_t i = listing.first_row; i < end; ++i) {
                samples.now[i] = !dropped_[i] && listing.sample == last;
                samples.earlier[i] = !dropped_[i] && last > 0 && listing.sample == 0;
            }
        }
        return samples;
    }

    static constexpr std::size_t kMostKinds = 64;

    Collected& all_;
    RowTable table_;
    std::vector<bool> dropped_;
    std::vector<std::uint32_t> last_sample_;  // of each kind
    std::vector<Listing>
        found_;  // those up to the present row, and where a sample began unannounced
};

}  // namespace

Samples tell_samples(Collected& all) {
    return SampleFinder(all).find();
}

}  // namespace tcpdx::text
