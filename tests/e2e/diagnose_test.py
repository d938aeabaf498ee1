#!/usr/bin/env python3
"""Runs the real `tcpdx diagnose` with bad input, and where its output cannot go.

    tests/e2e/diagnose_test.py PATH_OF_TCPDX

Needs no privilege.
"""

import fcntl
import json
import os
import pty
import signal
import socket
import struct
import subprocess
import sys
import termios
import time
import unittest

TCPDX = None
TOLD = (0, 1, 2)  # nothing wrong, warning, problem: other programs of this host may have findings
COULD_NOT_TELL = 3
USAGE_ERROR = 64


def environment(**more):
    return {"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8", "TERM": "xterm", **more}


def run(*arguments, **more):
    return subprocess.run([TCPDX, *arguments], capture_output=True, text=True, check=False,
                          timeout=60, env=environment(**more))


def shell(script):
    return subprocess.run(["bash", "-c", script], env=environment(TCPDX=TCPDX),
                          capture_output=True, text=True, check=False, timeout=60)


def start(*arguments):
    """A run whose SIGINT works even where this test was started in the background."""
    return subprocess.Popen([TCPDX, *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                            text=True, env=environment(),
                            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL))


class Refuses(unittest.TestCase):
    def assert_usage_error(self, *arguments, says):
        done = run(*arguments)
        self.assertEqual(done.returncode, USAGE_ERROR, done.stderr)
        self.assertEqual(done.stdout, "")
        self.assertIn(says, done.stderr)
        self.assertTrue(done.stderr.startswith("tcpdx: "), done.stderr)

    def test_an_impossible_port(self):
        for port in ("0", "70000", "65536", "-1", "80x", ""):
            self.assert_usage_error("diagnose", f":{port}",
                                    says=f"{port} is not a port: ports are numbers from 1 to 65535")

    def test_a_malformed_address(self):
        for address in ("300.1.2.3", "10.0.0.0/33", "10.0.0/8x", "2001:db8:::1", "::1/129", "host"):
            self.assert_usage_error("diagnose", address, says=f"{address} is neither a port")

    def test_a_process_id_that_is_none(self):
        for pid in ("0", "99999999999999999999"):
            self.assert_usage_error("diagnose", pid, says=f"{pid} is neither a port")

    def test_an_unknown_limit_and_lists_those_there_are(self):
        self.assert_usage_error("diagnose", "--limit", "nonsense=3",
                                says="there is no limit named nonsense")
        self.assertIn("close-wait=60s", run("--limit", "nonsense=3").stderr)

    def test_a_limit_that_does_not_fit(self):
        for value in ("close-wait=soon", "close-wait", "ports-used=101%", "many-closing=1.5"):
            self.assert_usage_error("diagnose", "--limit", value,
                                    says=f"{value}: this value does not fit")

    def test_an_unknown_rule(self):
        self.assert_usage_error("--silence", "nonsense", says="there is no rule nonsense")

    def test_seconds_that_are_none(self):
        for seconds in ("x", "-1", "inf", "nan", "1e9"):
            self.assert_usage_error("diagnose", f"--sample={seconds}",
                                    says=f"{seconds} is not a number of seconds")
        self.assert_usage_error("--watch", "0", says="0 is not a number of seconds from 0.1")

    def test_an_option_without_its_value(self):
        self.assert_usage_error("diagnose", "--sample", says="--sample needs a value.")
        self.assert_usage_error("--lang", says="--lang needs a value.")
        self.assert_usage_error("diagnose", "--port", "70000",
                                says="--port: 70000 is not a port: 1 to 65535.")
        self.assert_usage_error("conclude", "one.json", says="REPORT: too few or too many of them.")

    def test_too_many_words(self):
        self.assert_usage_error("diagnose", ":80", ":81", says="not understood: :81")
        self.assert_usage_error("nonsense", says="not understood: nonsense")

    def test_an_option_that_the_command_would_ignore(self):
        self.assert_usage_error("list", "--sample", "3",
                                says="--sample is not an option of tcpdx list")
        self.assert_usage_error("--json", "list", says="--json is not an option of tcpdx list")

    def test_an_unknown_language(self):
        self.assert_usage_error("--lang", "xx", says="there are: en ko")

    def test_in_korean_without_an_english_word(self):
        for arguments in (("diagnose", "--sample", "x"), ("diagnose", "--sample"),
                          ("list", "--json", "--csv"), ("list", "--limit", "-3"),
                          ("list", "--sort", "age", "--sort", "age"), ("list", "--json=maybe"),
                          ("list", "--sample", "3")):
            done = run(*arguments, "--lang", "ko")
            self.assertEqual(done.returncode, USAGE_ERROR)
            for english in ("not", "value", "required", "excludes", "Could", "option of"):
                self.assertNotIn(f" {english} ", done.stderr)


class CannotTell(unittest.TestCase):
    def test_of_a_process_that_is_not_there(self):
        gone = subprocess.Popen(["true"])
        gone.wait()
        done = run("diagnose", str(gone.pid))
        self.assertEqual(done.returncode, COULD_NOT_TELL)
        self.assertEqual(done.stdout, "")
        self.assertIn(f"there is no process {gone.pid}", done.stderr)

    def test_of_a_process_without_a_socket(self):
        with subprocess.Popen(["sleep", "60"]) as process:
            done = run("diagnose", str(process.pid))
            process.kill()
        self.assertEqual(done.returncode, COULD_NOT_TELL)
        self.assertIn(f"process {process.pid} holds no TCP socket that can be seen", done.stderr)


class Survives(unittest.TestCase):
    FORMS = ("", "--json", "diagnose", "diagnose :1 --sample 0")

    def test_a_closed_stdout(self):
        for form in self.FORMS:
            done = shell(f'"$TCPDX" {form} >&-')
            self.assertEqual(done.returncode, COULD_NOT_TELL, done.stderr)
            self.assertIn("writing the output: Bad file descriptor", done.stderr)

    def test_all_descriptors_closed(self):
        self.assertEqual(shell('"$TCPDX" <&- >&- 2>&-').returncode, COULD_NOT_TELL)

    def test_a_full_disk(self):
        for form in self.FORMS:
            done = shell(f'"$TCPDX" {form} >/dev/full')
            self.assertEqual(done.returncode, COULD_NOT_TELL, done.stderr)
            self.assertIn("writing the output: No space left on device", done.stderr)

    def test_a_full_disk_of_the_other_commands(self):
        for command in ("explain", "explain tw", "tune", "tune --json"):
            done = shell(f'"$TCPDX" {command} >/dev/full')
            self.assertEqual(done.returncode, 1)
            self.assertIn("No space left on device", done.stderr)

    def test_a_reader_that_goes_away_quietly(self):
        for form in self.FORMS + ("--watch 0.1",):
            done = shell(f'"$TCPDX" {form} | head -1; echo "${{PIPESTATUS[0]}}"')
            self.assertNotIn("pipe", done.stderr)
            status = int(done.stdout.splitlines()[-1])
            # head may be gone before the output is written, or after; neither is a failure.
            self.assertIn(status, TOLD, done.stderr)

    def test_no_columns(self):
        done = run(COLUMNS="0")
        self.assertIn(done.returncode, TOLD)
        self.assertIn("ESTABLISHED", done.stdout)

    def test_a_terminal_without_a_width(self):
        for columns in (0, 1):
            reader, writer = pty.openpty()
            fcntl.ioctl(writer, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
            with subprocess.Popen([TCPDX], stdout=writer, stderr=subprocess.DEVNULL,
                                  env=environment(COLUMNS=str(columns))) as process:
                os.close(writer)
                output = b""
                try:
                    while block := os.read(reader, 65536):
                        output += block
                except OSError:  # how Linux says that the other end is closed
                    pass
                os.close(reader)
            self.assertIn(process.returncode, TOLD)
            self.assertIn("ESTABLISHED", output.decode())


class Interrupted(unittest.TestCase):
    def end(self, process):
        process.send_signal(signal.SIGINT)
        started = time.monotonic()
        output, errors = process.communicate(timeout=30)
        self.assertLess(time.monotonic() - started, 10)
        self.assertIn(process.returncode, TOLD, errors)
        self.assertEqual(errors, "")
        return output

    def test_while_watching_it_has_told_what_it_saw(self):
        process = start("--watch", "1", "--json")
        time.sleep(2.5)
        output = self.end(process)
        documents = []
        while output:
            document, end = json.JSONDecoder().raw_decode(output)
            documents.append(document)
            output = output[end:].lstrip()
        self.assertGreaterEqual(len(documents), 2)
        self.assertNotIn("interval_ms", documents[0]["namespaces"][0])
        self.assertIn("interval_ms", documents[1]["namespaces"][0])

    def test_between_two_looks_it_tells_the_first(self):
        process = start("--sample", "600")
        time.sleep(1)
        output = self.end(process)
        self.assertIn("ESTABLISHED", output)
        self.assertIn("One look", output)

    def test_where_it_is_ignored_it_stays_so(self):
        script = 'trap "" INT; "$TCPDX" --sample 2 --json & sleep 0.5; kill -INT $!; wait $!'
        done = shell(script)
        self.assertIn(done.returncode, TOLD)
        self.assertIn("interval_ms", json.loads(done.stdout)["namespaces"][0])


class Looks(unittest.TestCase):
    def test_twice_with_a_sample(self):
        started = time.monotonic()
        done = run("--sample", "1", "--json")
        self.assertGreaterEqual(time.monotonic() - started, 1)
        self.assertIn(done.returncode, TOLD)
        interval = json.loads(done.stdout)["namespaces"][0]["interval_ms"]
        self.assertGreaterEqual(interval, 1000)
        self.assertIn("Two looks, ", run("--sample", "1").stdout)

    def test_at_a_process_by_its_id(self):
        with socket.create_server(("127.0.0.1", 0)):
            done = run("diagnose", str(os.getpid()))
        self.assertIn(done.returncode, TOLD, done.stderr)

    def test_at_an_address(self):
        for address in ("127.0.0.1", "10.0.0.0/8", "::1", "2001:db8::/32"):
            self.assertIn(run("diagnose", address).returncode, TOLD)


if __name__ == "__main__":
    TCPDX = os.path.abspath(sys.argv.pop(1))
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    unittest.main()
