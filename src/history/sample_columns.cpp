#include "history/sample_columns.h"

#include <vector>

#include "model/tcp_state.h"

namespace tcpdx::history {
namespace {

struct Column {
    std::string name;
    bool most = false;
};

const std::vector<Column>& added_columns() {
    static const std::vector<Column> columns = [] {
        std::vector<Column> made{{.name = "seconds"}};
        for (std::size_t i = 0; i < kAllTcpStates.size(); ++i) {
            made.push_back({.name = "sum_" + std::to_string(i)});
        }
        for (std::size_t i = 0; i < kAllTcpStates.size(); ++i) {
            made.push_back({.name = "most_" + std::to_string(i), .most = true});
        }
        for (const char* name : {"opened_actively", "opened_passively", "closed", "resets_sent",
                                 "resets_received", "retransmissions", "drops"}) {
            made.push_back({.name = name});
        }
        return made;
    }();
    return columns;
}

}  // namespace

const std::string& sample_columns() {
    static const std::string text = [] {
        std::string made = "begin";
        for (const Column& column : added_columns()) {
            made += ", " + column.name;
        }
        return made;
    }();
    return text;
}

const std::string& summed_sample_columns() {
    static const std::string text = [] {
        std::string made;
        for (const Column& column : added_columns()) {
            made += made.empty() ? "" : ", ";
            made += (column.most ? "max(" : "sum(") + column.name + ")";
        }
        return made;
    }();
    return text;
}

const std::string& sample_value_marks() {
    static const std::string text = [] {
        std::string made = "?";
        for (std::size_t i = 0; i < added_columns().size(); ++i) {
            made += ", ?";
        }
        return made;
    }();
    return text;
}

}  // namespace tcpdx::history
