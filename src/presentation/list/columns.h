#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "model/message.h"
#include "presentation/list/duration_format.h"
#include "presentation/list/fields.h"

namespace tcpdx {

// Words of cells, translated once and not per row.
struct CellWords {
    DurationFormat duration;
    std::string active;
    std::string passive;
    std::string kernel;
    std::string never_accepted;
    // Around the name of who should accept it: "never accepted by " and "".
    std::string never_accepted_by;
    std::string never_accepted_by_end;

    CellWords();
};

struct CellContext {
    const ListContext& list;
    const CellWords& words;
};

// One column of a table. Its name is for `-o` and `--sort` and never translated.
struct Column {
    using Cell = char* (*)(char* out, const Column&, const Connection&, const CellContext&);
    using SortValue = FieldValue (*)(const Connection&, const ListContext&, Scratch&);

    std::string name;
    const char* header = "";  // marked for translation
    bool right_aligned = false;
    bool ascii = true;  // cells take one display column per byte
    Cell cell = nullptr;
    std::vector<const Field*> fields;     // what stands for it in JSON and CSV
    SortValue sort_value = nullptr;       // else the first field
    const NumberField* number = nullptr;  // for columns that just show one
};

// No cell is longer.
inline constexpr std::size_t kMostCellBytes = 4200;

[[nodiscard]] std::span<const Column> all_columns();
// Null when there is none of this name; '-' and '_' make no difference.
[[nodiscard]] const Column* find_column(std::string_view name);

using Columns = std::vector<const Column*>;

[[nodiscard]] Columns default_columns();

struct ColumnError {
    Message what;
};

// "state,age,local" chooses these, "+rtt,mss" adds to the default ones, "all" is every column.
[[nodiscard]] Result<Columns, ColumnError> choose_columns(std::string_view text);

// What an order or a comparison of two rows by this column goes by. Absent sorts last.
[[nodiscard]] FieldValue sort_value(const Column& column, const Connection& connection,
                                    const ListContext& context, Scratch& scratch);

// Fields of all these columns, each once.
[[nodiscard]] std::vector<const Field*> fields_of(const Columns& columns);

}  // namespace tcpdx
