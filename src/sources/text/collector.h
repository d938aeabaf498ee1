#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "model/observations.h"
#include "sources/text/row.h"

namespace tcpdx::text {

// What a Connection cannot carry, beside it.
struct RowNote {
    Layout layout = Layout::Bare;
    OwnerText owner = OwnerText::NoColumn;
};

// Where in the paste one listing begins: behind a header or a command.
struct Listing {
    std::size_t first_row = 0;
    std::uint64_t header = 0;   // equal for equal headers; 0 without one
    std::uint64_t command = 0;  // equal for equal commands; 0 without one
    std::uint32_t kind = 0;     // listings of the same command share it
    std::uint32_t sample = 0;   // which of them this is
};

// Everything that was read, in the order of the paste.
struct Collected {
    std::vector<Connection> rows;
    std::vector<RowNote> notes;  // one for each row
    std::vector<Listing> listings{Listing{}};
    std::vector<Process> processes;
};

// Turns rows, whose views end with their line, into connections: resolves names, shares processes.
class Collector {
public:
    explicit Collector(Paste& paste) : paste_(paste) {}

    void add(const Row& row, std::uint32_t line);
    // The row that was added last, for what its second line says of it.
    [[nodiscard]] bool has_last() const { return !all_.rows.empty(); }
    [[nodiscard]] Connection& last() { return all_.rows.back(); }
    [[nodiscard]] RowNote& last_note() { return all_.notes.back(); }
    void name_last_owner(std::string_view program);
    // Gives the last row an endpoint that was completed by a wrapped cell.
    void set_last_local(const Endpoint& end) { all_.rows.back().local = resolved(end, false); }
    void set_last_remote(const Endpoint& end) { all_.rows.back().remote = resolved(end, false); }
    void set_last_owner(const Row& row);

    void begin_listing(std::uint64_t header, std::uint64_t command);
    void reserve(std::size_t rows);

    [[nodiscard]] Collected& all() { return all_; }

private:
    SocketAddress resolved(const Endpoint& end, bool v6);
    std::uint32_t process(int pid, std::string_view name);

    Paste& paste_;
    Collected all_;
    std::unordered_map<std::string, std::uint32_t> names_;
    std::unordered_map<std::string, std::uint32_t> processes_by_key_;
    std::uint32_t last_process_ = kNoProcess;
    std::string key_;
};

}  // namespace tcpdx::text
