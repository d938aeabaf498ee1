#pragma once

#include <array>
#include <string>
#include <vector>

#include "presentation/list/columns.h"
#include "presentation/list/connection_writer.h"
#include "presentation/list/output_stream.h"
#include "presentation/text/output.h"

namespace tcpdx {

// A table for people, written while the kernel still lists. The first rows are held back to find
// out how wide the columns have to be; from then on every row goes out at once, and a column that
// turns out too narrow stays wider. So a short table lines up altogether, and a long one costs
// neither memory nor time.
class TableWriter final : public ConnectionWriter {
public:
    struct Look {
        Screen screen;
        bool header = true;
    };

    TableWriter(OutputStream& out, Columns columns, const ListContext& context, Look look);

    void add(const Connection& connection) override;
    void finish(bool table_changed) override;

private:
    void start();
    void write_header();
    void write_row(const Connection& connection);
    char* cut_to_screen(char* row, char* end) const;

    struct Paint {
        std::string before;
        std::string after;
    };

    OutputStream& out_;
    Columns columns_;
    CellWords words_;
    CellContext cells_;
    Look look_;
    std::size_t most_columns_ = 0;  // of the screen; 0 for no limit
    std::vector<std::size_t> widths_;
    const Column* coloured_ = nullptr;
    std::array<Paint, kAllTcpStates.size()> paints_;
    std::vector<Connection> held_back_;
    bool started_ = false;
};

}  // namespace tcpdx
