#!/usr/bin/env python3
"""Where netlink is refused (a sandbox, a kernel without inet_diag), everything comes from
/proc/net/tcp, and what that cannot tell is said to be missing.

    tests/e2e/without_netlink_test.py PATH_OF_TCPDX
"""

import json
import os
import pathlib
import socket
import subprocess
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "scenarios"))
import without_netlink  # noqa: E402

TCPDX = None
SKIP = 77


def run(*arguments):
    return without_netlink.run(TCPDX, *arguments, timeout=60)


class WithoutNetlink(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.listener = socket.create_server(("127.0.0.1", 0), backlog=1)
        cls.port = cls.listener.getsockname()[1]
        cls.client = socket.create_connection(("127.0.0.1", cls.port))
        cls.server, _ = cls.listener.accept()
        # Two wait in the queue: it is full.
        cls.waiting = [socket.create_connection(("127.0.0.1", cls.port)) for _ in range(2)]

    @classmethod
    def tearDownClass(cls):
        for each in (cls.client, cls.server, cls.listener, *cls.waiting):
            each.close()

    def rows(self, *filter_words):
        done = run("list", "--json", *filter_words)
        self.assertEqual(done.returncode, 0, done.stderr)
        return json.loads(done.stdout)["connections"], done.stderr

    def test_it_really_is_refused(self):
        done = without_netlink.run(sys.executable, "-c", "import socket; socket.socket(16, 3, 4)")
        self.assertIn("Address family not supported", done.stderr)

    def test_list_shows_the_same_sockets(self):
        rows, _ = self.rows(f"port = :{self.port}")
        self.assertEqual(sorted(row["state"] for row in rows), ["ESTABLISHED"] * 6 + ["LISTEN"])
        rows, _ = self.rows(f"sport = :{self.port} and established and owner process")
        self.assertEqual([row["pid"] for row in rows], [os.getpid()])
        rows, _ = self.rows(f"sport = :{self.port} and owner never-accepted")
        self.assertEqual([row["pid"] for row in rows], [os.getpid()] * 2)

    def test_list_claims_nothing_that_it_cannot_know(self):
        rows, said = self.rows(f"port = :{self.port}")
        for row in rows:
            for field in ("backlog", "drops", "rtt_us", "cookie", "age_at_most_ms"):
                self.assertNotIn(field, row)
        self.assertEqual(said.count("netlink sock_diag was refused"), 1)
        # A condition about what is not known does not hold, and neither does its opposite.
        self.assertEqual(self.rows(f"port = :{self.port} and age > 1s")[0], [])
        self.assertEqual(self.rows(f"port = :{self.port} and not age > 1s")[0], [])

    def test_diagnose_says_what_is_missing(self):
        done = run("diagnose", f":{self.port}", "--sample", "0", "--json", "--lang", "en")
        seen = json.loads(done.stdout)["namespaces"][0]
        self.assertTrue(any("netlink sock_diag was refused" in each["what"]
                            for each in seen["not_seen"]))
        # Full it is, and nobody can know: /proc does not tell the limit of a queue.
        self.assertNotIn("accept-queue-full", [each["rule"] for each in seen["findings"]])
        self.assertNotIn("port-ready", [each["rule"] for each in seen["findings"]])

    def test_diagnose_speaks_korean_of_it(self):
        done = run("--lang", "ko")
        self.assertIn("netlink", done.stdout)
        self.assertNotIn("opening a netlink socket", done.stdout)

    def test_every_other_command_works(self):
        for command in (["tune"], ["explain"], ["explain", "time-wait"], ["netstat", "-ant"]):
            done = run(*command)
            self.assertEqual(done.returncode, 0, (command, done.stderr))
            self.assertTrue(done.stdout)


if __name__ == "__main__":
    TCPDX = sys.argv.pop(1)
    if not without_netlink.is_possible():
        print("skipped: the numbers of system calls are known for x86_64 and aarch64 only")
        sys.exit(SKIP)
    try:
        run("--version")
    except subprocess.SubprocessError as refused:
        print(f"skipped: no seccomp filter here: {refused}")
        sys.exit(SKIP)
    unittest.main()
