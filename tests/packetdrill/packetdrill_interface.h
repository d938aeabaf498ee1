#pragma once

// What packetdrill --so_filename expects of a library: facts of its interface, declared anew.

#include <poll.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <unistd.h>

extern "C" {

// Every entry takes `userdata` first, then what POSIX says, and returns -1 with errno.
struct packetdrill_interface {  // NOLINT(readability-identifier-naming): the name is theirs
    void* userdata;
    void (*free)(void* userdata);
    int (*socket)(void* userdata, int domain, int type, int protocol);
    int (*bind)(void* userdata, int fd, const sockaddr* address, socklen_t size);
    int (*listen)(void* userdata, int fd, int backlog);
    int (*accept)(void* userdata, int fd, sockaddr* address, socklen_t* size);
    int (*connect)(void* userdata, int fd, const sockaddr* address, socklen_t size);
    ssize_t (*read)(void* userdata, int fd, void* buffer, size_t count);
    ssize_t (*readv)(void* userdata, int fd, const iovec* parts, int count);
    ssize_t (*recv)(void* userdata, int fd, void* buffer, size_t count, int flags);
    ssize_t (*recvfrom)(void* userdata, int fd, void* buffer, size_t count, int flags,
                        sockaddr* address, socklen_t* size);
    ssize_t (*recvmsg)(void* userdata, int fd, msghdr* message, int flags);
    ssize_t (*write)(void* userdata, int fd, const void* buffer, size_t count);
    ssize_t (*writev)(void* userdata, int fd, const iovec* parts, int count);
    ssize_t (*send)(void* userdata, int fd, const void* buffer, size_t count, int flags);
    ssize_t (*sendto)(void* userdata, int fd, const void* buffer, size_t count, int flags,
                      const sockaddr* address, socklen_t size);
    ssize_t (*sendmsg)(void* userdata, int fd, const msghdr* message, int flags);
    int (*fcntl)(void* userdata, int fd, int command, ...);
    int (*ioctl)(void* userdata, int fd, unsigned long request, ...);
    int (*close)(void* userdata, int fd);
    int (*shutdown)(void* userdata, int fd, int how);
    int (*getsockopt)(void* userdata, int fd, int level, int name, void* value, socklen_t* size);
    int (*setsockopt)(void* userdata, int fd, int level, int name, const void* value,
                      socklen_t size);
    int (*poll)(void* userdata, pollfd* fds, nfds_t count, int timeout);
    int (*netdev_send)(void* userdata, const void* buffer, size_t count);
    int (*netdev_receive)(void* userdata, void* buffer, size_t* count, long long* time_us);
    int (*usleep)(void* userdata, useconds_t duration);
    int (*gettimeofday)(void* userdata, timeval* time, struct timezone* zone);
    int (*epoll_create)(void* userdata, int size);
    int (*epoll_ctl)(void* userdata, int epoll_fd, int operation, int fd, epoll_event* event);
    int (*epoll_wait)(void* userdata, int epoll_fd, epoll_event* events, int max, int timeout);
    int (*pipe)(void* userdata, int fds[2]);
    int (*splice)(void* userdata, int fd_in, loff_t* offset_in, int fd_out, loff_t* offset_out,
                  size_t size, unsigned int flags);
};

void packetdrill_interface_init(const char* flags, packetdrill_interface* table);
}
