#include "endpoint/stack.h"

#include <algorithm>
#include <cassert>

#include "endpoint/host_address.h"

namespace tcpdx::endpoint {
namespace {

// Linux' ip_local_port_range.
constexpr std::uint32_t kFirstPort = 32768;
constexpr std::uint32_t kPortCount = 60999 - kFirstPort + 1;

}  // namespace

TcpStack::Slot* TcpStack::slot(Handle id) {
    if (id.index >= slots_.size() || slots_[id.index]->generation != id.generation ||
        !slots_[id.index]->connection) {
        return nullptr;
    }
    return slots_[id.index].get();
}

const Connection* TcpStack::find(Handle id) const {
    if (id.index >= slots_.size() || slots_[id.index]->generation != id.generation ||
        !slots_[id.index]->connection) {
        return nullptr;
    }
    return &*slots_[id.index]->connection;
}

const TcpStack::Listener* TcpStack::listener(Handle id) const {
    const bool valid = id.index < listeners_.size() && listeners_[id.index].open &&
                       listeners_[id.index].generation == id.generation;
    return valid ? &listeners_[id.index] : nullptr;
}

TcpStack::Listener* TcpStack::listener(Handle id) {
    const bool valid = std::as_const(*this).listener(id) != nullptr;
    return valid ? &listeners_[id.index] : nullptr;
}

// ---- listeners

Result<Handle, CallError> TcpStack::listen(const SocketAddress& local, unsigned backlog,
                                           const SocketOptions& options, bool v6_only) {
    const auto same = [&](const Listener& other) { return other.open && other.local == local; };
    if (std::any_of(listeners_.begin(), listeners_.end(), same)) {
        return unexpected(CallError::Exists);
    }
    auto place = std::find_if(listeners_.begin(), listeners_.end(),
                              [](const Listener& other) { return !other.open; });
    if (place == listeners_.end()) {
        place = listeners_.emplace(listeners_.end());
    }
    place->local = local;
    place->backlog = backlog;
    place->v6_only = v6_only;
    place->open = true;
    place->options = options;
    return Handle{.index = static_cast<std::uint32_t>(place - listeners_.begin()),
                  .generation = place->generation};
}

void TcpStack::set_backlog(Handle id, unsigned backlog) {
    if (Listener* found = listener(id)) {
        found->backlog = backlog;
    }
}

void TcpStack::set_listener_options(Handle id, const SocketOptions& options) {
    if (Listener* found = listener(id)) {
        found->options = options;
    }
}

void TcpStack::close_listener(Handle id, Time now) {
    Listener* found = listener(id);
    if (found == nullptr) {
        return;
    }
    found->open = false;
    ++found->generation;
    found->accept_queue.clear();
    found->half_open = 0;
    for (std::uint32_t index = 0; index < slots_.size(); ++index) {
        Slot& child = *slots_[index];
        if (!child.connection || child.waits_for != id) {
            continue;
        }
        child.waits_for.reset();
        if (child.connection->state() == TcpState::SynReceived) {
            remove(index);  // silently: the peer's ACK will find nobody and be answered by a RST
        } else {
            child.in_accept_queue = false;
            abort({.index = index, .generation = child.generation}, now);
        }
    }
}

std::optional<Handle> TcpStack::accept(Handle id) {
    Listener* found = listener(id);
    if (found == nullptr || found->accept_queue.empty()) {
        return std::nullopt;
    }
    const Handle accepted = found->accept_queue.front();
    found->accept_queue.pop_front();
    Slot& child = *slot(accepted);
    child.in_accept_queue = false;
    child.waits_for.reset();
    return accepted;
}

std::size_t TcpStack::acceptable(Handle id) const {
    const Listener* found = listener(id);
    return found == nullptr ? 0 : found->accept_queue.size();
}

unsigned TcpStack::backlog(Handle id) const {
    const Listener* found = listener(id);
    return found == nullptr ? 0 : found->backlog;
}

std::optional<Handle> TcpStack::find_listener(const SocketAddress& local) const {
    std::optional<Handle> any;
    for (std::uint32_t index = 0; index < listeners_.size(); ++index) {
        const Listener& candidate = listeners_[index];
        if (!candidate.open || candidate.local.port != local.port) {
            continue;
        }
        const Handle id{.index = index, .generation = candidate.generation};
        const bool v6_for_v4 = candidate.local.address.family == IpFamily::V6 &&
                               local.address.family == IpFamily::V4 && !candidate.v6_only;
        if (candidate.local.address.same_host(local.address)) {
            return id;
        }
        if (candidate.local.address.is_any() &&
            (candidate.local.address.family == local.address.family || v6_for_v4)) {
            any = id;
        }
    }
    return any;
}

// ---- connections

Handle TcpStack::add_connection(const FourTuple& tuple, const SocketOptions& options) {
    std::uint32_t index = 0;
    if (free_slots_.empty()) {
        index = static_cast<std::uint32_t>(slots_.size());
        slots_.push_back(std::make_unique<Slot>());
        Slot& added = *slots_.back();
        added.idle_deadline = deadlines_.extract(deadlines_.emplace(Time{}, index));
    } else {
        index = free_slots_.back();
        free_slots_.pop_back();
    }
    Slot& used = *slots_[index];
    used.connection.emplace(settings_, tuple);
    if (options.receive_buffer) {
        used.connection->set_receive_buffer(*options.receive_buffer, Time{});
    }
    if (options.send_buffer) {
        used.connection->set_send_buffer(*options.send_buffer);
    }
    used.hop_limit = options.hop_limit.value_or(settings_.hop_limit);
    used.traffic_class = options.traffic_class.value_or(settings_.traffic_class);
    configure(*used.connection, options, Time{});
    by_tuple_[tuple] = index;
    used.in_table = true;
    return {.index = index, .generation = used.generation};
}

void TcpStack::configure(Connection& connection, const SocketOptions& options, Time now) {
    if (options.max_segment_size) {
        connection.set_max_segment_size(*options.max_segment_size);
    }
    if (options.user_timeout) {
        connection.set_user_timeout(*options.user_timeout);
    }
    if (options.keep_alive) {
        connection.set_keep_alive(*options.keep_alive, now);
    }
    if (options.fin_wait_2) {
        connection.set_fin_wait_2(*options.fin_wait_2);
    }
    connection.set_nagle(options.nagle, now);
    connection.set_cork(options.cork, now);
}

void TcpStack::apply(Handle id, const SocketOptions& options, Time now) {
    Slot* found = slot(id);
    if (found == nullptr) {
        return;
    }
    Connection& connection = *found->connection;
    configure(connection, options, now);
    found->hop_limit = options.hop_limit.value_or(settings_.hop_limit);
    found->traffic_class = options.traffic_class.value_or(settings_.traffic_class);
    if (options.receive_buffer) {
        connection.set_receive_buffer(*options.receive_buffer, now);
    }
    if (options.send_buffer) {
        connection.set_send_buffer(*options.send_buffer);
    }
    changed(id.index, connection.state());
}

std::optional<std::uint16_t> TcpStack::free_port(const SocketAddress& local,
                                                 const SocketAddress& remote) {
    const std::uint32_t offset =
        port_offset(settings_.secret, {.local = {local.address, 0}, .remote = remote});
    for (std::uint32_t tried = 0; tried < kPortCount; ++tried) {
        const std::uint32_t port = kFirstPort + (offset + next_port_++) % kPortCount;
        const FourTuple tuple{.local = {local.address, static_cast<std::uint16_t>(port)},
                              .remote = remote};
        if (!by_tuple_.contains(tuple) && time_waits_.find(tuple) == nullptr &&
            !find_listener(tuple.local)) {
            return tuple.local.port;
        }
    }
    return std::nullopt;
}

Result<Handle, CallError> TcpStack::connect(SocketAddress local, const SocketAddress& remote,
                                            Time now, const SocketOptions& options) {
    if (!may_be_host(remote.address) || remote.port == 0) {
        return unexpected(CallError::NotConnected);  // RFC 9293, MUST-46
    }
    if (local.port == 0) {
        const auto port = free_port(local, remote);
        if (!port) {
            return unexpected(CallError::Exists);
        }
        local.port = *port;
    }
    const FourTuple tuple{.local = local, .remote = remote};
    if (by_tuple_.contains(tuple)) {
        return unexpected(CallError::Exists);
    }
    std::optional<std::uint32_t> iss;
    if (TimeWaitTable::Entry* old = time_waits_.find(tuple)) {
        // RFC 6191, for this end's own SYN: its timestamps will be newer.
        if (!old->block.timestamps || !settings_.tw_reopen) {
            return unexpected(CallError::Exists);
        }
        iss = old->block.snd_nxt + 65537;
        time_waits_.remove(tuple);
    }
    const Handle id = add_connection(tuple, options);
    slots_[id.index]->connection->open(now, iss);
    changed(id.index, TcpState::Closed);
    return id;
}

Result<std::size_t, CallError> TcpStack::send(Handle id, std::span<const std::byte> data, Time now,
                                              bool urgent) {
    Slot* found = slot(id);
    if (found == nullptr) {
        return unexpected(CallError::NotExist);
    }
    auto sent = found->connection->send(data, now, urgent);
    changed(id.index, found->connection->state());
    return sent;
}

Result<std::size_t, CallError> TcpStack::read(Handle id, std::span<std::byte> out, Time now) {
    Slot* found = slot(id);
    if (found == nullptr) {
        return unexpected(CallError::NotExist);
    }
    auto read = found->connection->read(out, now);
    changed(id.index, found->connection->state());
    return read;
}

void TcpStack::close(Handle id, Time now) {
    if (Slot* found = slot(id)) {
        const TcpState before = found->connection->state();
        // An error means that it is closed already, and then only its slot is left to free.
        (void)found->connection->close(now).has_value();
        changed(id.index, before);
    }
}

Result<void, CallError> TcpStack::shutdown_send(Handle id, Time now) {
    Slot* found = slot(id);
    if (found == nullptr) {
        return unexpected(CallError::NotExist);
    }
    const TcpState before = found->connection->state();
    auto result = found->connection->shutdown_send(now);
    changed(id.index, before);
    return result;
}

void TcpStack::shutdown_receive(Handle id, Time now) {
    if (Slot* found = slot(id)) {
        found->connection->shutdown_receive(now);
        changed(id.index, found->connection->state());
    }
}

void TcpStack::abort(Handle id, Time now) {
    if (Slot* found = slot(id)) {
        const TcpState before = found->connection->state();
        found->connection->abort(now);
        changed(id.index, before);
    }
}

void TcpStack::set_quick_acknowledgments(Handle id, bool on, Time now) {
    if (Slot* found = slot(id)) {
        found->connection->set_quick_acknowledgments(on, now);
        changed(id.index, found->connection->state());
    }
}

// ---- bookkeeping

void TcpStack::changed(std::uint32_t index, TcpState before) {
    Slot& changed = *slots_[index];
    Connection& connection = *changed.connection;
    const Handle id{.index = index, .generation = changed.generation};
    while (const auto event = connection.poll_event()) {
        events_.push_back({.connection = id, .event = *event});
    }
    if (before == TcpState::SynReceived && connection.state() != TcpState::SynReceived) {
        established(index);
    }
    assert(connection.is_consistent());
    file_deadline(index);
    make_ready(index);
}

// A connection from a listener has left SYN-RECEIVED, by being established or otherwise.
void TcpStack::established(std::uint32_t index) {
    Slot& child = *slots_[index];
    if (!child.waits_for) {
        return;
    }
    Listener* from = listener(*child.waits_for);
    if (from == nullptr) {
        return;
    }
    --from->half_open;
    if (child.connection->is_synchronized()) {
        from->accept_queue.push_back({.index = index, .generation = child.generation});
        child.in_accept_queue = true;
    }
}

void TcpStack::file_deadline(std::uint32_t index) {
    Slot& filed = *slots_[index];
    const auto wanted = filed.connection->next_deadline();
    if (filed.has_deadline && (!wanted || filed.deadline->first != *wanted)) {
        filed.idle_deadline = deadlines_.extract(filed.deadline);
        filed.has_deadline = false;
    }
    if (wanted && !filed.has_deadline) {
        filed.idle_deadline.key() = *wanted;
        filed.deadline = deadlines_.insert(std::move(filed.idle_deadline));
        filed.has_deadline = true;
    }
}

void TcpStack::make_ready(std::uint32_t index) {
    Slot& ready = *slots_[index];
    if (ready.in_ready_list) {
        return;
    }
    ready.in_ready_list = true;
    ready.next_ready = kNone;
    if (last_ready_ == kNone) {
        first_ready_ = index;
    } else {
        slots_[last_ready_]->next_ready = index;
    }
    last_ready_ = index;
}

// Asked when a connection has nothing more to send.
void TcpStack::retire_if_over(std::uint32_t index) {
    Slot& over = *slots_[index];
    const Connection& connection = *over.connection;
    const bool ended = connection.state() == TcpState::Closed;
    // In LISTEN again: a RST or SYN ended what its listener had begun.
    const bool never_was = connection.state() == TcpState::Listen ||
                           (ended && over.waits_for && !over.in_accept_queue);
    if (never_was || (ended && connection.orphaned())) {
        remove(index);
    } else if (connection.state() == TcpState::TimeWait && connection.orphaned()) {
        const FourTuple tuple = connection.tuple();
        const TimeWait block = connection.time_wait();
        remove(index);
        time_waits_.add(tuple, block);
    } else if (ended && over.in_table) {
        // The program still holds it, but its addresses are free.
        by_tuple_.erase(connection.tuple());
        over.in_table = false;
    }
}

void TcpStack::remove(std::uint32_t index) {
    Slot& removed = *slots_[index];
    if (removed.in_table) {
        by_tuple_.erase(removed.connection->tuple());
        removed.in_table = false;
    }
    if (removed.has_deadline) {
        removed.idle_deadline = deadlines_.extract(removed.deadline);
        removed.has_deadline = false;
    }
    removed.connection.reset();
    removed.waits_for.reset();
    removed.in_accept_queue = false;
    ++removed.generation;
    if (!removed.in_ready_list) {
        free_slots_.push_back(index);  // otherwise when it has left the list
    }
}

std::optional<StackEvent> TcpStack::poll_event() {
    if (events_.empty()) {
        return std::nullopt;
    }
    const StackEvent event = events_.front();
    events_.pop_front();
    return event;
}

void TcpStack::advance_time(Time now) {
    time_waits_.expire(now);
    while (!deadlines_.empty() && deadlines_.begin()->first <= now) {
        const std::uint32_t index = deadlines_.begin()->second;
        Connection& connection = *slots_[index]->connection;
        const TcpState before = connection.state();
        connection.advance_time(now);
        // What is still due has to wait for output, which is polled for next.
        Slot& ran = *slots_[index];
        ran.idle_deadline = deadlines_.extract(ran.deadline);
        ran.has_deadline = false;
        changed(index, before);
        assert(!ran.has_deadline || ran.deadline->first > now);
    }
}

std::optional<Time> TcpStack::next_deadline() const {
    auto first = time_waits_.next_deadline();
    if (!deadlines_.empty() && (!first || deadlines_.begin()->first < *first)) {
        first = deadlines_.begin()->first;
    }
    return first;
}

bool TcpStack::is_consistent() const {
    std::size_t in_table = 0;
    std::size_t with_deadline = 0;
    for (const auto& each : slots_) {
        if (!each->connection) {
            if (each->in_table || each->has_deadline) {
                return false;
            }
            continue;
        }
        in_table += each->in_table ? 1U : 0U;
        with_deadline += each->has_deadline ? 1U : 0U;
        if (!each->connection->is_consistent()) {
            return false;
        }
    }
    return in_table == by_tuple_.size() && with_deadline == deadlines_.size();
}

}  // namespace tcpdx::endpoint
