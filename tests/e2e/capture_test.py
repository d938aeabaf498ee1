#!/usr/bin/env python3
"""Runs the built `tcpdx capture` on captures that are written byte by byte.

    tests/e2e/capture_test.py PATH_OF_TCPDX

Needs no privilege.
"""

import gzip
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import unittest

import capture_files
import json_schema
from capture_files import ACK, SYN

TCPDX = None


def run(*arguments, data=None):
    return subprocess.run([TCPDX, "capture", *map(str, arguments)], input=data, capture_output=True, check=False, timeout=60,
                          env={"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8"})


class CaptureTest(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)

    def file(self, data, name="a.pcap"):
        path = pathlib.Path(self.folder.name) / name
        path.write_bytes(data)
        return path

    def document(self, *arguments, data=None):
        done = run("--json", *arguments, data=data)
        self.assertIn(done.returncode, (0, 1, 2), done.stderr)
        return json.loads(done.stdout)

    def states(self, connection, end):
        return ["|".join(state["possible"]) for state in connection["ends"][end]["states"]]


class Json(CaptureTest):
    def test_is_as_documented(self):
        checker = json_schema.Checker("tcpdx.capture/1", "tcpdx.diagnosis/1")
        document = self.document(self.file(capture_files.everything().pcap()))
        checker.check(document)
        self.assertEqual(checker.problems, [])
        for seen in (("captured", "previous"), ("captured", "reset_hit"), ("captured_segment", "icmp_type"),
                     ("captured_state", "earliest"), ("captured_end", "round_trip_ms"), ("syn", "sequence")):
            self.assertIn(seen, checker.seen)

    def test_tells_both_ends_states(self):
        capture = capture_files.Capture()
        capture.handshake(0, 40001)
        capture.close(1, 40001)
        connection, = self.document(self.file(capture.pcap()))["connections"]
        self.assertEqual(self.states(connection, 0), ["SYN-SENT", "ESTABLISHED", "FIN-WAIT-1", "FIN-WAIT-2", "TIME-WAIT"])
        self.assertEqual(self.states(connection, 1), ["SYN-RECEIVED", "ESTABLISHED", "CLOSE-WAIT", "LAST-ACK", "CLOSED"])
        self.assertEqual(connection["closed_first"], 0)
        self.assertEqual(connection["near"], "first")

    def test_of_one_connection(self):
        document = self.document("--connection", 2, self.file(capture_files.everything().pcap()))
        self.assertEqual([connection["number"] for connection in document["connections"]], [2])


class Input(CaptureTest):
    def test_from_standard_input_compressed_and_plain_are_the_same(self):
        data = capture_files.everything().pcap()
        plain = self.document("-", data=data)
        packed = self.document("-", data=gzip.compress(data))
        self.assertEqual(plain, packed)
        self.assertEqual(len(plain["connections"]), 6)

    def test_of_several_files_is_one_capture(self):
        first, second = capture_files.Capture(), capture_files.Capture()
        first.client(0, 40001, 100, 0, SYN)
        second.server(0.02, 40001, 500, 101, SYN | ACK)
        second.client(0.03, 40001, 101, 501, ACK)
        document = self.document(self.file(first.pcap(), "a"), self.file(second.pcap(), "b"))
        self.assertEqual(self.states(document["connections"][0], 0), ["SYN-SENT", "ESTABLISHED"])

    def test_that_is_cut_is_used_up_to_the_cut(self):
        data = capture_files.everything().pcap()
        document = self.document(self.file(data[:-30]))
        self.assertTrue(document["counts"]["cut"])
        self.assertEqual(len(document["connections"]), 6)

    def test_that_is_no_capture_is_refused(self):
        done = run(self.file(b"no capture at all"))
        self.assertEqual(done.returncode, 65)
        self.assertIn(b"is no packet capture", done.stderr)
        done = run(self.file(b""))
        self.assertEqual(done.returncode, 65)
        self.assertIn(b"is empty", done.stderr)
        self.assertEqual(run("/nonexistent").returncode, 66)
        self.assertEqual(run().returncode, 64)

    def test_of_an_unknown_link_type_is_named(self):
        done = run(self.file(capture_files.everything().pcap(link_type=9999)))
        self.assertIn(b"link type 9999", done.stdout)


class Text(CaptureTest):
    def test_table_has_a_line_per_connection_that_the_options_let_through(self):
        path = self.file(capture_files.everything().pcap())
        text = run("--outcome", "refused,reset", path).stdout.decode()
        self.assertIn("192.0.2.1:40003", text)
        self.assertIn("192.0.2.1:40004", text)
        table = text[text.index("OPENER"):]
        self.assertNotIn("192.0.2.1:40002", table)
        table = run("--port", "40002", path).stdout.decode().split("OPENER")[-1]
        self.assertIn("192.0.2.1:40002", table)
        self.assertNotIn("192.0.2.1:40003", table)
        table = run("--filter", "state time-wait or state closed and port 40003", path).stdout.decode()
        self.assertIn("192.0.2.1:40003", table)
        self.assertEqual(run("--outcome", "nonsense", path).returncode, 64)
        self.assertEqual(run("--filter", "( ", path).returncode, 64)

    def test_ladder_shows_the_states_beside_the_segments(self):
        text = run("--connection", 1, self.file(capture_files.everything().pcap())).stdout.decode()
        self.assertRegex(text, r"SYN-SENT 20\.\d ms ─+ SYN ─+▶ SYN-RECEIVED")
        self.assertRegex(text, r"FIN-WAIT-2 0 µs ◀─+ FIN\+ACK ─+ LAST-ACK")
        self.assertEqual(run("--connection", 99, self.file(capture_files.everything().pcap())).returncode, 64)


if __name__ == "__main__":
    TCPDX = sys.argv.pop(1)
    unittest.main()
