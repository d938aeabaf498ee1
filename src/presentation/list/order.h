#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "presentation/list/columns.h"
#include "presentation/list/connection_writer.h"

namespace tcpdx {

struct SortKey {
    const Column* column = nullptr;
    bool descending = false;
};
using SortKeys = std::vector<SortKey>;

// "-age,local": oldest first, then by local address.
[[nodiscard]] Result<SortKeys, ColumnError> choose_order(std::string_view text);

// Hands at most `limit` connections on.
class Limit final : public ConnectionWriter {
public:
    Limit(ConnectionWriter& next, std::size_t limit) : next_(next), left_(limit) {}
    void add(const Connection& connection) override {
        if (left_ > 0) {
            --left_;
            next_.add(connection);
        }
    }
    void finish(bool table_changed) override { next_.finish(table_changed); }

private:
    ConnectionWriter& next_;
    std::size_t left_;
};

// Hands connections on in order, once all have come. With a limit it never holds many more than
// that. Where the keys are equal, the kernel's order stays; what is not known comes last.
class Sorter final : public ConnectionWriter {
public:
    Sorter(ConnectionWriter& next, SortKeys keys, std::optional<std::size_t> limit,
           const ListContext& context);

    void add(const Connection& connection) override;
    void finish(bool table_changed) override;

private:
    struct Held {
        Connection connection;
        std::uint64_t arrival = 0;
    };
    [[nodiscard]] bool is_before(const Held& a, const Held& b) const;
    void drop_beyond_limit();

    ConnectionWriter& next_;
    SortKeys keys_;
    std::optional<std::size_t> limit_;
    const ListContext& context_;
    std::vector<Held> held_;
    std::uint64_t arrivals_ = 0;
};

}  // namespace tcpdx
