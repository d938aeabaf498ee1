#!/usr/bin/env python3
"""Runs the real `tcpdx trace` and looks at how it begins, ends and fails.

    tests/e2e/trace_test.py PATH_OF_TCPDX

Needs no privilege: where events cannot be had it takes samples, and most of this is about both. The
connections go over loopback.
"""

import json
import os
import signal
import socket
import subprocess
import sys
import time
import unittest

TCPDX = None
USAGE_ERROR = 64
SAMPLES = ["--sample", "--interval", "0.1"]


def environment():
    return {"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8"}


def trace(*arguments, **options):
    options = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True,
               "env": environment(), **options}
    # A shell's background job ignores Ctrl-C, and so would what it starts.
    return subprocess.Popen([TCPDX, "trace", *arguments], **options,
                            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL))


def finished(process, seconds=15):
    output, errors = process.communicate(timeout=seconds)
    return process.returncode, output, errors


class Pair:
    """A connection that stays until it is closed."""

    def __init__(self):
        self.server = socket.socket()
        self.server.bind(("127.0.0.1", 0))
        self.server.listen(4)
        self.port = self.server.getsockname()[1]
        self.client = socket.create_connection(("127.0.0.1", self.port))
        self.accepted, _ = self.server.accept()

    def close(self):
        for each in (self.client, self.accepted, self.server):
            each.close()


class TraceTest(unittest.TestCase):
    def test_ends_after_the_given_time(self):
        begun = time.monotonic()
        status, _, errors = finished(trace("--for", "0.5"))
        self.assertEqual(status, 0, errors)
        self.assertLess(time.monotonic() - begun, 10)
        self.assertIn("Watched for", errors)

    def test_ends_after_so_many_lines(self):
        process = trace(*SAMPLES, "--count", "1", "--no-header")
        pairs = []
        while process.poll() is None and len(pairs) < 50:
            pairs.append(Pair())
            time.sleep(0.1)
        status, output, errors = finished(process)
        for pair in pairs:
            pair.close()
        self.assertEqual(status, 0, errors)
        self.assertEqual(len(output.splitlines()), 1)

    def test_tells_everything_when_interrupted(self):
        for number in (signal.SIGINT, signal.SIGTERM):
            process = trace(*SAMPLES, "--json")
            self.assertEqual(json.loads(process.stdout.readline())["type"], "begin")
            process.send_signal(number)
            status, output, errors = finished(process)
            self.assertEqual(status, 0, errors)
            self.assertEqual(json.loads(output.splitlines()[-1])["type"], "end")

    def test_every_line_is_an_object(self):
        process = trace(*SAMPLES, "--json", "--details")
        process.stdout.readline()
        pair = Pair()
        time.sleep(0.4)
        pair.client.close()
        time.sleep(0.4)
        pair.close()
        time.sleep(0.4)
        process.send_signal(signal.SIGTERM)
        _, output, _ = finished(process)
        lines = [json.loads(line) for line in output.splitlines()]
        self.assertTrue(lines[-1]["sampled"])
        closing = [line for line in lines if line.get("local_port") == pair.port and
                   line.get("to") == "CLOSE-WAIT"]
        self.assertEqual(len(closing), 1, lines)
        # What is known of the time is an interval.
        self.assertLess(closing[0]["time_earliest_us"], closing[0]["time_us"])

    def test_a_sample_shows_what_was_there_as_no_news(self):
        pair = Pair()
        process = trace(*SAMPLES, "--port", str(pair.port), "--for", "0.5", "--json")
        _, output, _ = finished(process)
        pair.close()
        self.assertFalse([line for line in output.splitlines() if '"step"' in line], output)

    def test_filters_as_list_does(self):
        process = trace(*SAMPLES, "--json", "sport", "=", ":1")
        process.stdout.readline()
        pair = Pair()
        time.sleep(0.3)
        pair.close()
        time.sleep(0.3)
        process.send_signal(signal.SIGTERM)
        _, output, _ = finished(process)
        self.assertEqual(len(output.splitlines()), 1, output)

    def test_ends_when_its_reader_goes(self):
        process = trace(stderr=subprocess.DEVNULL)
        process.stdout.readline()
        process.stdout.close()
        self.assertEqual(process.wait(10), 0)

    def test_a_full_disk_is_an_error(self):
        with open("/dev/full", "w", encoding="ascii") as full:
            status, _, errors = finished(trace("--for", "1", stdout=full))
        self.assertEqual(status, 1)
        self.assertIn("No space left on device", errors)

    def test_a_closed_output_is_an_error(self):
        status = subprocess.run(f"'{TCPDX}' trace --for 0.3 >&-", shell=True, check=False,
                                env=environment(), stderr=subprocess.DEVNULL).returncode
        self.assertEqual(status, 1)

    def test_refuses_what_it_does_not_understand(self):
        for arguments in (["--for", "0"], ["--for", "soon"], ["--count", "-1"], ["--interval", "x"],
                          ["sport", "="], ["--port", "99999"], ["--life", "--ladder"],
                          ["--json", "--ladder"], ["--nonsense"]):
            status, output, errors = finished(trace(*arguments))
            self.assertEqual((status, output), (USAGE_ERROR, ""), arguments)
            self.assertTrue(errors.startswith("tcpdx: "), errors)

    def test_says_what_it_cannot_see_without_the_capabilities(self):
        if os.geteuid() != 0:
            self.skipTest("only root can give them up")
        process = subprocess.run(
            ["setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups", "--bounding-set",
             "-all", TCPDX, "trace", "--for", "0.3", "--interval", "0.1"],
            capture_output=True, text=True, check=False, env=environment())
        if "setpriv" in process.stderr:
            self.skipTest(process.stderr)
        self.assertEqual(process.returncode, 0, process.stderr)
        self.assertIn("Without events", process.stderr)
        self.assertIn("100 ms", process.stderr)


if __name__ == "__main__":
    TCPDX = os.path.abspath(sys.argv.pop(1))
    unittest.main()
