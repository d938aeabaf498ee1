#!/usr/bin/env python3
"""Runs the real `tcpdx list` and looks at what comes out, and at what happens when it cannot.

    tests/e2e/list_test.py PATH_OF_TCPDX

Needs no privilege: it looks at connections over loopback that it makes itself.
"""

import csv
import fcntl
import io
import json
import os
import pathlib
import pty
import re
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import termios
import unittest

TCPDX = None
USAGE_ERROR = 64


def environment(**more):
    return {"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8", "TERM": "xterm", **more}


def run(*arguments, **more):
    more.setdefault("env", environment())
    done = subprocess.run([TCPDX, "list", *arguments], capture_output=True, check=False, timeout=60,
                          **more)
    # Not text=True, which would hide what ends a line.
    return subprocess.CompletedProcess(done.args, done.returncode, done.stdout.decode(),
                                       done.stderr.decode())


def shell(script):
    return subprocess.run(["bash", "-c", script], env=environment(TCPDX=TCPDX),
                          capture_output=True, text=True, check=False, timeout=60)


def on_terminal(*arguments, columns, **more):
    """What it writes to a terminal of that many columns."""
    reader, writer = pty.openpty()
    fcntl.ioctl(writer, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
    with subprocess.Popen([TCPDX, "list", *arguments], stdout=writer, stderr=subprocess.DEVNULL,
                          env=environment(**more)) as process:
        os.close(writer)
        output = b""
        try:
            while block := os.read(reader, 65536):
                output += block
        except OSError:  # how Linux says that the other end is closed
            pass
        os.close(reader)
        status = process.wait()
    return status, output.decode().replace("\r\n", "\n")


class ListTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.listener = socket.create_server(("127.0.0.1", 0))
        cls.port = cls.listener.getsockname()[1]
        cls.client = socket.create_connection(("127.0.0.1", cls.port))
        cls.server, _ = cls.listener.accept()
        cls.ours = f"port {cls.port}"

    @classmethod
    def tearDownClass(cls):
        for each in (cls.client, cls.server, cls.listener):
            each.close()

    def rows(self, *arguments):
        done = run("--json", *arguments)
        self.assertEqual(done.returncode, 0, done.stderr)
        document = json.loads(done.stdout)
        self.assertEqual(document["schema"], "tcpdx.list/1")
        return document["connections"]


class Shows(ListTest):
    def test_both_ends_and_the_listener(self):
        rows = self.rows(self.ours)
        self.assertEqual(sorted(row["state"] for row in rows),
                         ["ESTABLISHED", "ESTABLISHED", "LISTEN"])

    def test_who_opened_and_whose_it_is(self):
        rows = {row["local_port"]: row for row in self.rows(self.ours, "established")}
        client = rows[self.client.getsockname()[1]]
        self.assertEqual(client["opener"], "active")
        self.assertEqual(rows[self.port]["opener"], "passive")
        self.assertEqual(client["pid"], os.getpid())
        self.assertEqual(client["fd"], self.client.fileno())

    def test_the_same_in_every_format(self):
        query = ("-o", "state,local", self.ours, "established", "--sort", "local")
        table = run(*query, "--no-header").stdout.split()
        records = self.rows(*query)
        lines = [json.loads(line) for line in run("--jsonl", *query).stdout.splitlines()]
        comma = list(csv.DictReader(io.StringIO(run("--csv", *query).stdout)))
        self.assertEqual(records, lines)
        self.assertEqual([f"{row['local_address']}:{row['local_port']}" for row in records],
                         table[1::2])
        self.assertEqual([int(row["local_port"]) for row in comma],
                         [row["local_port"] for row in records])

    def test_options_mean_the_same_as_the_filter(self):
        by_filter = self.rows("-o", "state,local", f"sport = :{self.port} state established")
        by_option = self.rows("-o", "state,local", "--local-port", str(self.port), "--state", "ESTAB")
        self.assertEqual(by_filter, by_option)
        self.assertEqual(len(by_option), 1)
        self.assertEqual(len(self.rows("--pid", str(os.getpid()), self.ours)), 3)
        self.assertEqual(self.rows("--older-than", "30d", self.ours), [])

    def test_a_word_of_the_filter_can_be_the_name_of_a_command(self):
        for command in ("diagnose", "explain", "list", "netstat", "tune"):
            for words in (("process", command), (f"process {command}",), ("--process", command),
                          ("established", "process", command), ("--", "process", command)):
                self.assertEqual(self.rows(*words), [], words)
            done = run("established", command)
            self.assertEqual(done.returncode, USAGE_ERROR)
            self.assertIn(f"'{command}' at column 13", done.stderr)
        self.assertEqual(len(self.rows("process", "not-netstat", "or", "port", str(self.port))), 3)

    def test_a_namespace_that_is_not_there(self):
        done = run("--netns", "no-such-namespace", "--no-header")
        self.assertEqual((done.returncode, done.stdout), (0, ""))
        self.assertIn("No network namespace 'no-such-namespace'", done.stderr)

    def test_every_address_filter_finds_our_connection(self):
        for expression in ("dst 127.0.0.1", "dst 127/8", f"dst 127.0.0.1:{self.port}", "loopback",
                           "not dst 10.0.0.0/8", "ipv4", f"dport >= {self.port}"):
            found = self.rows(f"{self.ours} established", expression)
            self.assertTrue(any(row["remote_port"] == self.port for row in found), expression)

    def test_nothing_asks_nothing_of_processes(self):
        # Looking at them would be in vain, and so would be a word about those that hide.
        done = run("sport = :1 and established")
        self.assertEqual((done.returncode, done.stderr), (0, ""))

    def test_counts(self):
        done = run("--by", "state", "--csv", self.ours)
        self.assertEqual(done.stdout, "count,state\r\n2,ESTABLISHED\r\n1,LISTEN\r\n")

    def test_a_limit(self):
        self.assertEqual(len(self.rows("--limit", "1", self.ours)), 1)
        self.assertEqual(len(self.rows("--limit", "1", "--sort", "-age", self.ours)), 1)

    def test_the_accept_queue_of_a_listener(self):
        with socket.create_connection(("127.0.0.1", self.port)):
            listener = self.rows(f"sport = :{self.port} listening")[0]
            self.assertEqual(listener["accept_queue"], 1)
            waiting = self.rows(f"sport = :{self.port} owner never-accepted")
            self.assertEqual(len(waiting), 1)
            self.assertEqual(waiting[0]["pid"], os.getpid())
        self.listener.accept()[0].close()


class Refuses(ListTest):
    def assert_usage_error(self, *arguments, says):
        done = run(*arguments)
        self.assertEqual(done.returncode, USAGE_ERROR, done.stderr)
        self.assertEqual(done.stdout, "")
        self.assertIn(says, done.stderr)

    def test_an_unknown_state(self):
        self.assert_usage_error("state", "foo", says="unknown state 'foo' at column 7")
        self.assert_usage_error("--state", "tw,foo", says="--state: unknown state 'foo' at column 4")
        self.assert_usage_error("--state", "", says="--state")

    def test_a_malformed_filter(self):
        self.assert_usage_error("(", "sport", "80", says="the parenthesis at column 1")
        self.assert_usage_error("sport", says="ends too early")
        self.assert_usage_error("nonsense", says="unknown word 'nonsense' at column 1")

    def test_an_impossible_port(self):
        self.assert_usage_error("--port", "65536", says="impossible port '65536'")
        self.assert_usage_error("dport = :-1", says="impossible port")

    def test_an_unknown_column(self):
        self.assert_usage_error("-o", "state,colour", says="unknown column 'colour'")
        self.assert_usage_error("--sort", "-colour", says="unknown column 'colour'")
        self.assert_usage_error("--by", "colour", says="unknown column 'colour'")

    def test_two_formats_at_once(self):
        self.assertEqual(run("--json", "--csv").returncode, USAGE_ERROR)

    def test_a_limit_that_is_no_number(self):
        self.assertEqual(run("--limit", "-3").returncode, USAGE_ERROR)
        self.assertEqual(run("--limit", "many").returncode, USAGE_ERROR)


class Survives(ListTest):
    FORMATS = ("", "--json", "--jsonl", "--csv", "--by state")

    def test_a_reader_that_goes_away_quietly(self):
        for form in self.FORMATS:
            # The reader is gone before the first byte is written.
            reader, writer = os.pipe()
            os.close(reader)
            done = subprocess.run([TCPDX, "list", *form.split()], stdout=writer,
                                  stderr=subprocess.PIPE, env=environment(), check=False, timeout=60)
            os.close(writer)
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertNotIn(b"pipe", done.stderr)

    def test_a_closed_stdout(self):
        for form in self.FORMATS:
            done = shell(f'"$TCPDX" list {form} >&-')
            self.assertEqual(done.returncode, 1)
            self.assertIn("Bad file descriptor", done.stderr)

    def test_all_descriptors_closed(self):
        self.assertEqual(shell('"$TCPDX" list <&- >&- 2>&-').returncode, 1)

    def test_a_full_disk(self):
        for form in self.FORMATS:
            done = shell(f'"$TCPDX" list {form} >/dev/full')
            self.assertEqual(done.returncode, 1)
            self.assertIn("No space left on device", done.stderr)
        done = run("--csv", "--to", "/dev/full")
        self.assertEqual(done.returncode, 1)
        self.assertIn("No space left on device", done.stderr)

    def test_a_size_limit_leaves_no_half_file(self):
        with tempfile.TemporaryDirectory() as directory:
            path = pathlib.Path(directory, "list.csv")
            path.write_text("before\n", encoding="ascii")
            script = f'trap "" XFSZ; ulimit -f 0; "$TCPDX" list --csv --to {path}'
            done = shell(script)
            self.assertEqual(done.returncode, 1, done.stderr)
            self.assertEqual(path.read_text(encoding="ascii"), "before\n")
            self.assertEqual(os.listdir(directory), ["list.csv"])

    def test_a_directory_that_is_not_there(self):
        done = run("--csv", "--to", "/nonexistent/list.csv")
        self.assertEqual(done.returncode, 1)
        self.assertIn("/nonexistent/list.csv", done.stderr)

    def test_a_file_that_is_written(self):
        with tempfile.TemporaryDirectory() as directory:
            path = pathlib.Path(directory, "list.json")
            done = run("--json", "--to", str(path), self.ours)
            self.assertEqual((done.returncode, done.stdout), (0, ""))
            self.assertEqual(len(json.loads(path.read_text(encoding="utf-8"))["connections"]), 3)
            self.assertEqual(os.listdir(directory), ["list.json"])


class OnATerminal(ListTest):
    def test_rows_are_cut_to_its_width(self):
        status, output = on_terminal("-o", "all", self.ours, columns=60, NO_COLOR="1")
        self.assertEqual(status, 0)
        for line in output.splitlines():
            self.assertLessEqual(len(line), 60)

    def test_a_width_of_zero_or_one_works(self):
        for columns in (0, 1):
            status, output = on_terminal(self.ours, columns=columns)
            self.assertEqual(status, 0)
            self.assertEqual(len(output.splitlines()), 4)

    def test_colour_is_only_for_terminals_and_not_against_no_color(self):
        escape = re.compile("\033\\[")
        self.assertRegex(on_terminal(self.ours, columns=200)[1], escape)
        self.assertNotRegex(on_terminal(self.ours, columns=200, NO_COLOR="1")[1], escape)
        self.assertNotRegex(run(self.ours).stdout, escape)

    def test_an_ascii_locale_gets_ascii(self):
        done = run("-o", "state,age,owner", env=environment(LC_ALL="C"))
        self.assertTrue(done.stdout.isascii())


if __name__ == "__main__":
    TCPDX = os.path.abspath(sys.argv.pop(1))
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    unittest.main()
