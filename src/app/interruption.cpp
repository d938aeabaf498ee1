#include "app/interruption.h"

#include <poll.h>

#include <algorithm>
#include <csignal>

namespace tcpdx::app {
namespace {

volatile std::sig_atomic_t caught = 0;
volatile std::sig_atomic_t hung_up = 0;

void note(int /*signal*/) {
    caught = 1;
}

void let_end_waiting(int signal) {
    struct sigaction before {};
    ::sigaction(signal, nullptr, &before);
    if (before.sa_handler == SIG_IGN) {
        return;
    }
    struct sigaction action {};
    action.sa_handler = note;
    ::sigemptyset(&action.sa_mask);
    // SA_RESTART: a look under way is finished, not failed.
    action.sa_flags = static_cast<int>(SA_RESTART | SA_RESETHAND);
    ::sigaction(signal, &action, nullptr);
}

}  // namespace

void let_interrupts_end_waiting() {
    let_end_waiting(SIGINT);
}

void let_signals_end_waiting() {
    for (const int signal : {SIGINT, SIGTERM, SIGHUP}) {
        let_end_waiting(signal);
    }
}

void let_hangups_ask_for_a_reload() {
    struct sigaction action {};
    action.sa_handler = [](int /*signal*/) { hung_up = 1; };
    ::sigemptyset(&action.sa_mask);
    action.sa_flags = SA_RESTART;
    ::sigaction(SIGHUP, &action, nullptr);
}

bool reload_asked_for() {
    const bool asked = hung_up != 0;
    hung_up = 0;
    return asked;
}

bool interrupted() {
    return caught != 0;
}

void sleep_unless_interrupted(std::chrono::milliseconds duration) {
    // Unlike sleep_for(), which goes on after a signal. One that comes between the test and the
    // call is noticed after it, so the pieces are short.
    constexpr std::chrono::milliseconds kPiece(200);
    const auto end = std::chrono::steady_clock::now() + duration;
    while (!interrupted()) {
        const auto left =
            std::chrono::ceil<std::chrono::milliseconds>(end - std::chrono::steady_clock::now());
        if (left.count() <= 0) {
            return;
        }
        ::poll(nullptr, 0, static_cast<int>(std::min(left, kPiece).count()));
    }
}

}  // namespace tcpdx::app
