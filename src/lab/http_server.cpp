#include "lab/http_server.h"

#include <algorithm>
#include <charconv>
#include <string_view>

namespace tcpdx::lab {

using endpoint::Handle;
using endpoint::Time;

namespace {

constexpr std::size_t kMaxHead = 16384;

std::uint64_t number_in(std::string_view text) {
    std::uint64_t value = 0;
    const std::size_t start = text.find_first_of("0123456789");
    if (start != std::string_view::npos) {
        std::from_chars(text.data() + start, text.data() + text.size(), value);
    }
    return value;
}

// The value of a field of the head, whose names have no case.
std::string_view field(std::string_view head, std::string_view name) {
    const auto same = [](char a, char b) { return (a | 0x20) == (b | 0x20); };
    const auto found = std::search(head.begin(), head.end(), name.begin(), name.end(), same);
    if (found == head.end()) {
        return {};
    }
    head.remove_prefix(static_cast<std::size_t>(found - head.begin()) + name.size());
    return head.substr(0, head.find('\r'));
}

}  // namespace

HttpServer::HttpServer(endpoint::TcpStack& stack, std::uint16_t port) : stack_(&stack) {
    constexpr unsigned kBacklog = 1024;
    const auto v4 = stack.listen({.address = IpAddress::any(IpFamily::V4), .port = port}, kBacklog);
    const auto v6 =
        stack.listen({.address = IpAddress::any(IpFamily::V6), .port = port}, kBacklog, {}, true);
    listening_ = v4 && v6;
    if (listening_) {
        listener_v4_ = *v4;
        listener_v6_ = *v6;
    }
}

void HttpServer::run(Time now) {
    for (const Handle listener : {listener_v4_, listener_v6_}) {
        while (const auto accepted = stack_->accept(listener)) {
            exchanges_[*accepted];
        }
    }
    // Only connections to which something has happened.
    while (const auto event = stack_->poll_event()) {
        const auto found = exchanges_.find(event->connection);
        if (found != exchanges_.end() && !serve(found->first, found->second, now)) {
            stack_->close(found->first, now);
            exchanges_.erase(found);
        }
    }
}

// False when the exchange is over.
bool HttpServer::serve(Handle id, Exchange& exchange, Time now) {
    while (true) {
        if (!write_some(id, exchange, now)) {
            return true;  // the peer's window or our queue is full
        }
        if (exchange.closes && exchange.answer_head.empty() && exchange.octets_left == 0) {
            return false;
        }
        const auto* connection = stack_->find(id);
        if (connection == nullptr || connection->failure() != endpoint::Failure::None) {
            return false;
        }
        if (!read_some(id, exchange, now)) {
            return !stack_->find(id)->at_end_of_stream();
        }
    }
}

bool HttpServer::read_some(Handle id, Exchange& exchange, Time now) {
    const auto count = stack_->read(id, room_, now);
    if (!count || *count == 0) {
        return false;
    }
    take(exchange, std::span(room_).first(*count));
    return true;
}

void HttpServer::take(Exchange& exchange, std::span<const std::byte> bytes) {
    while (!bytes.empty()) {
        if (exchange.body_left > 0) {
            const auto part = bytes.first(static_cast<std::size_t>(
                std::min<std::uint64_t>(exchange.body_left, bytes.size())));
            for (const std::byte byte : part) {
                exchange.hash =
                    (exchange.hash ^ std::to_integer<std::uint64_t>(byte)) * 0x100000001b3U;
            }
            exchange.body_left -= part.size();
            bytes = bytes.subspan(part.size());
            if (exchange.body_left == 0) {
                end_request(exchange);
            }
            continue;
        }
        exchange.head += static_cast<char>(bytes[0]);
        bytes = bytes.subspan(1);
        if (exchange.head.ends_with("\r\n\r\n")) {
            begin_request(exchange);
        } else if (exchange.head.size() > kMaxHead) {
            exchange.closes = true;
            return;
        }
    }
}

void HttpServer::begin_request(Exchange& exchange) {
    exchange.body_left = exchange.body_size = number_in(field(exchange.head, "content-length:"));
    exchange.hash = 0xcbf29ce484222325;
    if (field(exchange.head, "expect:").find("100") != std::string_view::npos) {
        exchange.answer_head += "HTTP/1.1 100 Continue\r\n\r\n";
    }
    exchange.closes = field(exchange.head, "connection:").find("close") != std::string_view::npos;
    if (exchange.body_left == 0) {
        end_request(exchange);
    }
}

void HttpServer::end_request(Exchange& exchange) {
    ++requests_;
    std::string body;
    std::uint64_t size = 0;
    if (exchange.head.starts_with("GET ")) {
        size = number_in(exchange.head.substr(0, exchange.head.find(" HTTP")));
        exchange.octets_left = size;
        exchange.next_octet = 0;
    } else {
        body = std::to_string(exchange.body_size) + " " + std::to_string(exchange.hash) + "\n";
        size = body.size();
    }
    exchange.head.clear();
    exchange.answer_head +=
        "HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(size) + "\r\n\r\n" + body;
}

// True when all of the answer is in the send queue.
bool HttpServer::write_some(Handle id, Exchange& exchange, Time now) {
    while (!exchange.answer_head.empty() || exchange.octets_left > 0) {
        std::size_t filled = std::min(exchange.answer_head.size(), room_.size());
        std::transform(exchange.answer_head.begin(),
                       exchange.answer_head.begin() + static_cast<std::ptrdiff_t>(filled),
                       room_.begin(), [](char c) { return static_cast<std::byte>(c); });
        const std::size_t of_head = filled;
        const auto octets = static_cast<std::size_t>(
            std::min<std::uint64_t>(exchange.octets_left, room_.size() - filled));
        for (std::size_t i = 0; i < octets; ++i) {
            room_[filled++] = octet(exchange.next_octet + i);
        }
        const auto sent = stack_->send(id, std::span(room_).first(filled), now);
        if (!sent) {
            return false;
        }
        const std::size_t head_sent = std::min(*sent, of_head);
        exchange.answer_head.erase(0, head_sent);
        exchange.octets_left -= *sent - head_sent;
        exchange.next_octet += *sent - head_sent;
        if (*sent < filled) {
            return false;
        }
    }
    return true;
}

}  // namespace tcpdx::lab
