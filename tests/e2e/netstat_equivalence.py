#!/usr/bin/env python3
"""Compares `tcpdx netstat` with netstat of net-tools, byte by byte, in a namespace full of sockets.

    netstat_equivalence.py PATH_OF_TCPDX [OPTIONS...]

With OPTIONS only these are compared. Needs root, and net-tools 2.10 as /usr/bin/netstat or
/bin/netstat; exit status 77 (skipped) without them. Because timers run, each case is: the real one,
ours, the real one again. Ours has to equal either of them; only a timer's number may lie between.

Where we differ on purpose:
- -V names this program behind "net-tools 2.10", and the features it has.
- -i of Debian 12 shows zeros for an interface whose name has the full 15 letters (its fix of
  CVE-2025-46836 loses the place in the line); we show the counters.
- -gc: from the second round on netstat reads IPv4 groups as if they were IPv6 ones, and prints
  warnings and garbage; we print the groups.
- A full disk ends netstat with status 0; we say what happened and end with 1.
"""

import difflib
import itertools
import os
import pty
import re
import shutil
import subprocess
import sys
import tempfile
import time

SKIPPED = 77
ATTEMPTS = 6
TIMER = re.compile(rb"\((\d+\.\d\d)/")


def real_netstat():
    for path in ("/usr/bin/netstat", "/bin/netstat"):
        if os.path.exists(path):
            version = subprocess.run([path, "-V"], stdout=subprocess.PIPE).stdout
            return path if version.startswith(b"net-tools 2.10") else None
    return None


def run(executable, arguments, prefix=(), seconds=20):
    """Exit status, stdout and stderr of a program that believes to be called netstat."""
    environment = {"PATH": os.environ["PATH"], "LC_ALL": "C"}
    if prefix:  # argv[0] cannot be chosen through another program, so the file has the name
        command = [*prefix, executable, *arguments]
        done = subprocess.run(command, capture_output=True, timeout=seconds, env=environment)
    else:
        done = subprocess.run(["netstat", *arguments], executable=executable, capture_output=True,
                              stdin=subprocess.DEVNULL, timeout=seconds, env=environment)
    return done.returncode, done.stdout, done.stderr


def run_merged(executable, arguments):
    done = subprocess.run(["netstat", *arguments], executable=executable, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, timeout=20,
                          env={"PATH": os.environ["PATH"], "LC_ALL": "C"})
    return done.returncode, done.stdout, b""


def run_on_terminal(executable, arguments):
    master, slave = pty.openpty()
    child = subprocess.Popen(["netstat", *arguments], executable=executable, stdin=slave,
                             stdout=slave, stderr=slave)
    os.close(slave)
    text = b""
    try:
        while chunk := os.read(master, 65536):
            text += chunk
    except OSError:
        pass  # the terminal's last user has gone
    os.close(master)
    return child.wait(), text, b""


def run_for_two_rounds(executable, arguments):
    child = subprocess.Popen(["netstat", *arguments], executable=executable,
                             stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    time.sleep(1.6)
    child.terminate()
    out, err = child.communicate()
    return child.returncode, out, err


def masked(result):
    status, out, err = result
    return status, TIMER.sub(b"(#/", out), err


def timers(result):
    return [float(number) for number in TIMER.findall(result[1])]


def equal(ours, first, second):
    if ours in (first, second):
        return True
    for real in (first, second):
        if masked(ours) == masked(real):
            if len(timers(first)) != len(timers(second)):
                continue
            # A timer runs down from the first run to the second, unless it was set again.
            if all(last - 0.02 <= our <= start + 0.02 or last > start
                   for our, start, last in zip(timers(ours), timers(first), timers(second))):
                return True
    return False


def difference(ours, real):
    lines = [] if ours[0] == real[0] else [f"exit status {real[0]}, ours {ours[0]}"]
    for name, our, theirs in (("stdout", ours[1], real[1]), ("stderr", ours[2], real[2])):
        changes = difflib.unified_diff(theirs.decode("latin-1").splitlines(),
                                       our.decode("latin-1").splitlines(),
                                       f"netstat {name}", f"ours {name}", n=0, lineterm="")
        lines += list(changes)[:12]
    return "\n".join("    " + line for line in lines)


class Comparison:
    def __init__(self, real, ours):
        self.real, self.ours = real, ours
        self.cases, self.different = 0, []

    def compare(self, title, runner):
        self.cases += 1
        for _ in range(ATTEMPTS):
            first, ours, second = runner(self.real), runner(self.ours), runner(self.real)
            if equal(ours, first, second):
                return
        self.different.append(title)
        print(f"DIFFERENT: {title}\n{difference(ours, second)}", flush=True)

    def options(self, line, **how):
        self.compare("netstat " + line, lambda program: run(program, line.split(), **how))


def socket_options():
    """Which sockets, times which columns."""
    which = ["", "-a", "-l", "-t", "-u", "-w", "-x", "-ta", "-ua", "-wa", "-xa", "-tl", "-ul", "-wl",
             "-xl", "-tua", "-tuwxa", "-U", "-Ua", "-4", "-6", "-4a", "-6a", "-46l", "-4ta", "-6ta",
             "-6ua", "-4wa", "--inet", "--inet6 -a", "--unix -a", "-A inet -a", "-A inet,unix -a"]
    columns = ["", "-n", "-e", "-ne", "-p", "-no", "-neo", "-W", "-nWeo", "-nee", "-N", "-v",
               "--numeric-hosts", "--numeric-ports", "--numeric-users -e", "-nep", "-nopW"]
    return [" ".join(pair).strip() for pair in itertools.product(which, columns)]


TABLES = """-r|-rn|-re|-rne|-ree|-rnee|-reee|-reeee|-rN|-rv|-rW|-r -4|-r -6|-r -6n|-r -6e|-r -4 -6 -n
-rC|-rCn|-rCe|-rCee|-rCeee|-rCF|-rCFn|-rF|-r -6 -C|-r -6 -C -F -n|-r --numeric-hosts
-r --numeric-ports|-r --numeric-users|-rA inet|-rA inet6|-rA inet,inet6 -n
-i|-ia|-in|-ie|-iae|-iee|-iW|-iv|-ial|-i -4|-i -6|-i --unix|--interfaces|--interfaces --extend
-g|-gn|-g -4|-g -6|-gn -4|-gn -6|-gt|-gx|-ge|-gp|--groups --numeric|-g --numeric-hosts|-gW|-gv
-s|-st|-su|-sw|-sS|-sU|-stu|-stw|-suw|-stuw|-s -4|-s -6|-s -6 -t|-s -6 -u|-s -6 -w|-s -6 -S
-s -4 -6|-s -6 -6|-s -x|-s -n|-se|-sa|-s -A inet|-s -A inet6|--statistics --tcp
-s --raw --inet6|-s --ipx|-s -A ax25""".replace("\n", "|").split("|")

MISUSE = """-h|--help|-?|-q|-Q|--foo|--num|--numeric-h|--nu|-A|-A foo|-A inet,|-A inet,foo|-A ,|--protocol
--protocol=foo|--protocol=unix|--tcp=1|-ii|-ir|-is|-rs|-Mi|-ss|-rr|-MM|-ir --help|-n extra words
extra|-- -a|-d|-dn|-an --|-M|-Mn|-Me|-Z|-aZ|--context|-2|-f|-2f|--l2cap|--rfcomm|--bluetooth
-A bluetooth|-S|-Sn|-Sa|-Sl|-4S|-St|--sctp|--ipx|--ax25|--x25|--netrom|--rose|--appletalk|--ddp
--tcpip|--tcpip -t|--ip -t|-A ip6 -t|-A econet|-A ash|-A ddp|-v --ipx|-v --ax25|-x --ipx|-t --rose
-r --ax25|-r --x25|-r --netrom|-r --rose|-r --ipx|-rA ddp|-rA appletalk|-rA econet|-rA ash|-rA unix
-rA bluetooth|-rA inet,ax25|-rA ax25,inet|-vn|-van|-vS|-vt|--verbose --numeric|-t --l2cap|-c --ipx
-tux -v|-r -x|-r --unix --inet|-nU -6|-cM""".replace("\n", "|").split("|")

LONG = """--tcp --all --numeric|--udp --listening|--raw --wide --all|--unix --programs --all
--all --timers --numeric|--extend --all --numeric|--symbolic --all|--numeric-hosts --numeric-ports -a
--numeric-ports --numeric-users -ae|--numeric-hosts --numeric-users -aeo|--inet --tcp -a
--inet6 --udp -a|--protocol=inet -a|--protocol=inet6,unix -an|--ext --tcp --num --all|--lis --tc
--route --numeric|--route --extend --extend|--cache --route|--fib --route|--inter --all""".replace(
    "\n", "|").split("|")


def compare_all(comparison):
    for line in [*socket_options(), *TABLES, *MISUSE, *LONG]:
        comparison.options(line)
    for line in ("-v -n", "-vn -a", "-S", "-tS", "-r --rose", "-r --ipx", "-ta", "-q", "-an"):
        comparison.compare(f"netstat {line} 2>&1",
                           lambda program, line=line: run_merged(program, line.split()))
        comparison.compare(f"netstat {line} on a terminal",
                           lambda program, line=line: run_on_terminal(program, line.split()))
    for line in ("-cnt", "-cx", "-ci", "-cie", "-crn", "-cr -6", "-cgn -4", "-cnua"):
        comparison.compare(f"netstat {line}, two rounds",
                           lambda program, line=line: run_for_two_rounds(program, line.split()))
    nobody = ("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups")
    for line in ("-p", "-anp", "-tp", "-xp", "-antpe", "-i", "-rn", "-s", "-g", "-ant"):
        comparison.options(line, prefix=nobody)


def inside(tcpdx, only):
    import netstat_scenery  # pylint: disable=import-outside-toplevel

    folder = tempfile.mkdtemp()
    os.chmod(folder, 0o755)
    ours = os.path.join(folder, "netstat")
    shutil.copy(tcpdx, ours)
    comparison = Comparison(real_netstat(), ours)
    scenery = netstat_scenery.build()
    try:
        if only:
            comparison.options(" ".join(only))
        else:
            compare_all(comparison)
        scenery.half_open()
        for line in only and [" ".join(only)] or ["-ant", "-anto", "-ante", "-at", "-anteo", "-antp",
                                                  "-4ano", "-6ane", "-t", "-tl"]:
            comparison.options(line)
    finally:
        scenery.remove()
        shutil.rmtree(folder)
    print(f"{comparison.cases} cases, {len(comparison.different)} different")
    return 1 if comparison.different else 0


def main():
    if len(sys.argv) < 2:
        print(__doc__)
        return 64
    if os.geteuid() != 0 or real_netstat() is None or shutil.which("unshare") is None:
        print("skipped: needs root, net-tools 2.10 and unshare(1)")
        return SKIPPED
    if os.environ.get("TCPDX_NETSTAT_NAMESPACE") != "yes":
        environment = {**os.environ, "TCPDX_NETSTAT_NAMESPACE": "yes"}
        unshare = ["unshare", "--net", "--mount", "--propagation", "private"]
        if subprocess.run([*unshare, "true"], check=False).returncode != 0:
            print("skipped: namespaces of its own are refused here (a plain chroot?)")
            return SKIPPED
        command = [*unshare, sys.executable, os.path.abspath(__file__),
                   os.path.abspath(sys.argv[1]), *sys.argv[2:]]
        return subprocess.run(command, env=environment).returncode
    return inside(sys.argv[1], sys.argv[2:])


if __name__ == "__main__":
    sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
    sys.exit(main())
