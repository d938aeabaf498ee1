"""packetdrill's shared-object interface, called from Python."""

import ctypes as c

P, I, SZ, SSZ = c.c_void_p, c.c_int, c.c_size_t, c.c_ssize_t


class TimeValue(c.Structure):
    _fields_ = [("seconds", c.c_long), ("microseconds", c.c_long)]


def function(result, *arguments):
    return c.CFUNCTYPE(result, P, *arguments, use_errno=True)


MEMBERS = [
    ("free", c.CFUNCTYPE(None, P)),
    ("socket", function(I, I, I, I)),
    ("bind", function(I, I, P, c.c_uint)),
    ("listen", function(I, I, I)),
    ("accept", function(I, I, P, P)),
    ("connect", function(I, I, P, c.c_uint)),
    ("read", function(SSZ, I, P, SZ)),
    ("readv", function(SSZ, I, P, I)),
    ("recv", function(SSZ, I, P, SZ, I)),
    ("recvfrom", function(SSZ, I, P, SZ, I, P, P)),
    ("recvmsg", function(SSZ, I, P, I)),
    ("write", function(SSZ, I, P, SZ)),
    ("writev", function(SSZ, I, P, I)),
    ("send", function(SSZ, I, P, SZ, I)),
    ("sendto", function(SSZ, I, P, SZ, I, P, c.c_uint)),
    ("sendmsg", function(SSZ, I, P, I)),
    ("fcntl", function(I, I, I, c.c_long)),
    ("ioctl", function(I, I, c.c_ulong, P)),
    ("close", function(I, I)),
    ("shutdown", function(I, I, I)),
    ("getsockopt", function(I, I, I, I, P, P)),
    ("setsockopt", function(I, I, I, I, P, c.c_uint)),
    ("poll", function(I, P, c.c_ulong, I)),
    ("netdev_send", function(I, P, SZ)),
    ("netdev_receive", function(I, P, P, P)),
    ("usleep", function(I, c.c_uint)),
    ("gettimeofday", function(I, P, P)),
    ("epoll_create", function(I, I)),
    ("epoll_ctl", function(I, I, I, I, P)),
    ("epoll_wait", function(I, I, P, I, I)),
    ("pipe", function(I, P)),
    ("splice", function(I, I, P, I, P, SZ, c.c_uint)),
]


class Table(c.Structure):
    _fields_ = [("userdata", P), *MEMBERS]


class StackLibrary:
    def __init__(self, path, flags):
        library = c.CDLL(path, use_errno=True)
        self.table = Table()
        library.packetdrill_interface_init(flags.encode(), c.byref(self.table))

    def call(self, name, *arguments):
        """The result and errno."""
        c.set_errno(0)
        result = getattr(self.table, name)(self.table.userdata, *arguments)
        return result, c.get_errno()

    def now(self):
        time = TimeValue()
        self.call("gettimeofday", c.byref(time), None)
        return time.seconds * 1_000_000 + time.microseconds

    def sleep(self, duration):
        if duration > 0:
            self.call("usleep", duration)

    def inject(self, datagram):
        self.call("netdev_send", datagram, len(datagram))

    def sniff(self):
        """The next datagram and when it was sent; nothing when none will come."""
        buffer, size, time = c.create_string_buffer(70000), SZ(70000), c.c_longlong()
        self.call("netdev_receive", buffer, c.byref(size), c.byref(time))
        return (buffer.raw[:size.value], time.value) if size.value else None

    def free(self):
        self.table.free(self.table.userdata)
