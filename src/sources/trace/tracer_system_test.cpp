// Needs CAP_BPF and CAP_PERFMON; skipped without them. Traffic goes over loopback only.
#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <vector>

#include "base/unique_fd.h"
#include "sources/trace/tracer.h"

namespace tcpdx::trace {
namespace {

using enum TcpState;
using testing::ElementsAre;
using testing::IsEmpty;

sockaddr* generic(sockaddr_in& address) {
    return reinterpret_cast<sockaddr*>(&address);
}

class TracerSystem : public testing::Test {
protected:
    void SetUp() override {
        address_.sin_family = AF_INET;
        address_.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        listener_ = UniqueFd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
        ASSERT_EQ(::bind(listener_.get(), generic(address_), size_), 0);
        ASSERT_EQ(::listen(listener_.get(), 4), 0);
        ASSERT_EQ(::getsockname(listener_.get(), generic(address_), &size_), 0);
        port_ = ntohs(address_.sin_port);
    }

    void attach(const TracerSettings& settings) {
        auto tracer = Tracer::attach(settings);
        if (!tracer && (tracer.error().code == ErrorCode::PermissionDenied ||
                        tracer.error().code == ErrorCode::Unsupported)) {
            GTEST_SKIP() << tracer.error().doing;
        }
        ASSERT_TRUE(tracer) << tracer.error().doing;
        tracer_ = *std::move(tracer);
    }

    // Opens one connection, and closes it from the client's side first.
    void connect_and_close() {
        UniqueFd client(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
        ASSERT_EQ(::connect(client.get(), generic(address_), size_), 0);
        const UniqueFd accepted(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC));
        ASSERT_TRUE(accepted);
        client = UniqueFd();
        char byte = 0;
        ASSERT_EQ(::recv(accepted.get(), &byte, 1, 0), 0);
    }

    std::vector<Event> drained() {
        std::vector<Event> events;
        EXPECT_TRUE(tracer_->drain([&](const Event& event) {
            if (event.local.port == port_ || event.remote.port == port_) {
                events.push_back(event);
            }
        }));
        return events;
    }

    sockaddr_in address_{};
    socklen_t size_ = sizeof(sockaddr_in);
    std::uint16_t port_ = 0;
    UniqueFd listener_;
    std::optional<Tracer> tracer_;
};

TEST_F(TracerSystem, SeesBothEndsOfAConnectionWithTheRightProcess) {
    attach({});
    if (!tracer_) {
        return;
    }
    connect_and_close();
    const auto events = drained();
    std::vector<TcpState> client;
    for (const Event& event : events) {
        if (event.kind == EventKind::StateChange && event.remote.port == port_) {
            client.push_back(event.to);
            if (event.to == SynSent || event.to == FinWait1) {
                EXPECT_EQ(event.process, ::getpid());
            }
        }
    }
    ASSERT_GE(client.size(), 3U);
    client.resize(3);
    EXPECT_THAT(client, ElementsAre(SynSent, Established, FinWait1));
    const Losses losses = tracer_->losses();
    EXPECT_EQ(losses.unreadable, 0U);
}

TEST_F(TracerSystem, SeesARequestSocketByItsTimer) {
    attach({});
    if (!tracer_) {
        return;
    }
    if (!tracer_->sees_requests()) {
        GTEST_SKIP() << "this kernel does not show the handler of its timer";
    }
    connect_and_close();
    const auto events = drained();
    EXPECT_TRUE(std::any_of(events.begin(), events.end(), [&](const Event& event) {
        return event.kind == EventKind::RequestStarted && event.local.port == port_;
    }));
}

TEST_F(TracerSystem, TheKernelLeavesOutWhatIsNotWanted) {
    filter::SearchArea elsewhere;
    elsewhere.local_port = {.first = 1, .last = 1};
    attach({.network_namespace = {}, .areas = {elsewhere}});
    if (!tracer_) {
        return;
    }
    connect_and_close();
    for (const Event& event : drained()) {
        // connect() has not chosen its port yet, so the kernel cannot tell.
        EXPECT_EQ(event.local.port, 0);
    }
}

TEST_F(TracerSystem, AnotherNamespaceIsNotSeen) {
    attach({.network_namespace = 1, .areas = {}});
    if (!tracer_) {
        return;
    }
    connect_and_close();
    EXPECT_THAT(drained(), IsEmpty());
}

TEST_F(TracerSystem, SeesThatItsProcessHasASocketWhoseConnectionIsReset) {
    attach({});
    if (!tracer_) {
        return;
    }
    UniqueFd client(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    ASSERT_EQ(::connect(client.get(), generic(address_), size_), 0);
    UniqueFd accepted(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC));
    ASSERT_EQ(::send(client.get(), "x", 1, 0), 1);
    accepted = UniqueFd();  // with a byte that was not read
    const auto events = drained();
    const auto reset = std::find_if(events.begin(), events.end(), [](const Event& event) {
        return event.kind == EventKind::ResetReceived;
    });
    ASSERT_NE(reset, events.end());
    EXPECT_EQ(reset->remote.port, port_);
}

}  // namespace
}  // namespace tcpdx::trace
