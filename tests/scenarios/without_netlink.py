"""Starts a program that may not open netlink sockets, as under systemd's RestrictAddressFamilies=
or in a container runtime's sandbox: a seccomp filter makes socket(AF_NETLINK) fail."""

import ctypes
import errno
import platform
import socket
import struct
import subprocess

PR_SET_SECCOMP = 22
PR_SET_NO_NEW_PRIVS = 38
SECCOMP_MODE_FILTER = 2
SECCOMP_RET_ALLOW = 0x7FFF0000
SECCOMP_RET_ERRNO = 0x00050000
LOAD_WORD, JUMP_IF_EQUAL, RETURN = 0x20, 0x15, 0x06  # struct sock_filter's codes
NUMBER, FIRST_ARGUMENT = 0, 16  # offsets in struct seccomp_data; little-endian hosts
SYS_SOCKET = {"x86_64": 41, "aarch64": 198}

_libc = ctypes.CDLL(None, use_errno=True)


class _Program(ctypes.Structure):
    _fields_ = [("length", ctypes.c_ushort), ("filter", ctypes.c_void_p)]


def is_possible():
    return platform.machine() in SYS_SOCKET


def _refuse_netlink():
    instructions = [
        (LOAD_WORD, 0, 0, NUMBER),
        (JUMP_IF_EQUAL, 0, 3, SYS_SOCKET[platform.machine()]),
        (LOAD_WORD, 0, 0, FIRST_ARGUMENT),
        (JUMP_IF_EQUAL, 0, 1, socket.AF_NETLINK),
        (RETURN, 0, 0, SECCOMP_RET_ERRNO | errno.EAFNOSUPPORT),
        (RETURN, 0, 0, SECCOMP_RET_ALLOW),
    ]
    code = ctypes.create_string_buffer(
        b"".join(struct.pack("=HBBI", *instruction) for instruction in instructions))
    program = _Program(len(instructions), ctypes.addressof(code))
    if (_libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 or
            _libc.prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, ctypes.byref(program), 0, 0) != 0):
        raise OSError(ctypes.get_errno(), "seccomp")


def run(*command, **more):
    return subprocess.run(command, preexec_fn=_refuse_netlink, capture_output=True, text=True,
                          check=False, **more)
