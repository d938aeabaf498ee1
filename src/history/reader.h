#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "history/database.h"
#include "history/records.h"

namespace tcpdx::history {

// Which connections that have ended.
struct EndedQuery {
    Micros from{0};
    Micros to{0};
    std::optional<trace::Ending> ending;
    std::optional<std::uint16_t> port;  // local or remote
    std::string process;                // empty for all
    std::int64_t offset = 0;
    std::int64_t limit = -1;  // -1 for all
};

// Looks into a history, also while it is being recorded: sees it as it was when it was opened,
// however many questions make up an answer. To be kept for one answer, since what is written
// meanwhile piles up beside the file. For one thread.
class Reader {
public:
    [[nodiscard]] static Result<Reader> open(const std::string& path);

    using OnLife = std::function<void(const KeptLife&)>;

    // Samples that begin in this time, of the finest step that is not finer than wanted and still
    // kept that far back.
    [[nodiscard]] Result<std::vector<Sample>> samples(Seconds step, Seconds from, Seconds to);
    // The step of kSteps that samples() should be asked for: the wanted one, or a coarser one where
    // the wanted one is not kept any more.
    [[nodiscard]] Result<Seconds> kept_step(Seconds wanted, Seconds from);
    [[nodiscard]] Result<std::vector<Gap>> gaps(Micros from, Micros to);
    // Active ones first, then the latest first; at most `limit`.
    [[nodiscard]] Result<std::vector<KeptFinding>> findings(Micros from, Micros to,
                                                            std::int64_t limit);
    // Connections that were there at this time, in no order.
    [[nodiscard]] Result<> lives_at(Micros at, const OnLife& on_life);
    // The latest first.
    [[nodiscard]] Result<> lives_ended(const EndedQuery& query, const OnLife& on_life);
    [[nodiscard]] Result<std::int64_t> count_ended(const EndedQuery& query);
    // The latest with this cookie.
    [[nodiscard]] Result<std::optional<KeptLife>> life(std::uint32_t network_namespace,
                                                       std::uint64_t cookie);
    // The other end of that connection, where it was on this host too.
    [[nodiscard]] Result<std::optional<KeptLife>> other_end(const KeptLife& life);
    // Since when there is something; empty when there is nothing.
    [[nodiscard]] Result<std::optional<Micros>> oldest();
    [[nodiscard]] Result<std::optional<Micros>> newest();

private:
    explicit Reader(Database database) : database_(std::move(database)) {}
    [[nodiscard]] Result<> read_lives(Statement& statement, const OnLife& on_life);
    // Of those that are kept together; `packed` is the next cell of each row.
    [[nodiscard]] Result<> read_batches(Statement& statement, const OnLife& on_life);

    Database database_;
};

}  // namespace tcpdx::history
