#include "app/lab_children.h"

#include <fcntl.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>

#include "base/i18n.h"
#include "base/unique_fd.h"

namespace tcpdx::app {
namespace {

constexpr int kNoSuchProgram = 127;

// Between fork() and exec(), where only async-signal-safe calls are allowed.
void die_with(pid_t parent) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (::getppid() != parent) {
        ::_exit(1);  // it was gone before the line above
    }
}

int wait_for_end(pid_t child) {
    int status = 0;
    while (::waitpid(child, &status, 0) < 0) {
        if (errno != EINTR) {
            return -1;
        }
    }
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

// In a process namespace of its own, the shell is what everything in it descends from, so the
// kernel kills all of that when the shell ends. Without the right to make one, it is an ordinary
// child.
[[noreturn]] void become_shell(pid_t parent, const char* shell) {
    die_with(parent);
    if (::unshare(CLONE_NEWPID) == 0) {
        const pid_t self = ::getpid();
        const pid_t inner = ::fork();
        if (inner > 0) {
            ::_exit(wait_for_end(inner));
        }
        ::prctl(PR_SET_PDEATHSIG, SIGKILL);
        (void)self;
    }
    for (const int signal : {SIGINT, SIGTERM, SIGHUP, SIGPIPE}) {
        std::signal(signal, SIG_DFL);
    }
    ::execl(shell, shell, nullptr);
    ::_exit(kNoSuchProgram);
}

}  // namespace

Result<> run_tool_in_lab(const std::vector<std::string>& words) {
    std::vector<std::string> copy = words;
    std::vector<char*> argv;
    for (std::string& word : copy) {
        argv.push_back(word.data());
    }
    argv.push_back(nullptr);
    const pid_t parent = ::getpid();
    const pid_t child = ::fork();
    if (child < 0) {
        return os_failure(N_("starting a tool in the lab"), words.front());
    }
    if (child == 0) {
        die_with(parent);
        const int nowhere = ::open("/dev/null", O_RDWR | O_CLOEXEC);
        ::dup2(nowhere, STDOUT_FILENO);
        ::execvp(argv[0], argv.data());
        ::_exit(kNoSuchProgram);
    }
    const int status = wait_for_end(child);
    if (status == kNoSuchProgram) {
        return tl::unexpected(Error{.code = ErrorCode::Usage,
                                    .doing = N_("this scenario needs a tool that is not installed"),
                                    .os_error = 0,
                                    .about = words.front()});
    }
    if (status != 0) {
        return tl::unexpected(Error{.code = ErrorCode::System,
                                    .doing = N_("a tool in the lab failed"),
                                    .os_error = 0,
                                    .about = words.front()});
    }
    return {};
}

Result<> run_shell_in_lab() {
    const char* wanted = std::getenv("SHELL");  // NOLINT(concurrency-mt-unsafe)
    const char* shell = wanted != nullptr && *wanted == '/' ? wanted : "/bin/sh";
    // Ctrl-C is for what runs in the shell.
    struct sigaction ignore {};
    struct sigaction before {};
    ignore.sa_handler = SIG_IGN;
    const pid_t parent = ::getpid();
    const pid_t child = ::fork();
    if (child < 0) {
        return os_failure(N_("starting a shell in the lab"), shell);
    }
    if (child == 0) {
        become_shell(parent, shell);
    }
    ::sigaction(SIGINT, &ignore, &before);
    const int status = wait_for_end(child);
    ::sigaction(SIGINT, &before, nullptr);
    if (status == kNoSuchProgram) {
        return tl::unexpected(Error{.code = ErrorCode::Usage,
                                    .doing = N_("starting a shell in the lab"),
                                    .os_error = ENOENT,
                                    .about = shell});
    }
    return {};
}

}  // namespace tcpdx::app
