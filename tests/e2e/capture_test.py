#!/usr/bin/env python3
"""Runs the built `tcpdx capture` on captures that are written byte by byte.

    tests/e2e/capture_test.py PATH_OF_TCPDX

Needs no privilege, but for the captures from an interface, which are left out without it.
"""

import ctypes
import gzip
import html.parser
import json
import os
import pathlib
import re
import shutil
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import time
import unittest

import capture_files
import json_schema
from capture_files import ACK, SYN

CLONE_NEWNET = 0x40000000

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


    def test_compressed_with_zstd_is_the_same(self):
        if not shutil.which("zstd"):
            self.skipTest("there is no zstd here")
        data = capture_files.everything().pcap()
        packed = subprocess.run(["zstd", "-q"], input=data, capture_output=True, check=True).stdout
        self.assertEqual(self.document("-", data=packed), self.document("-", data=data))

    def test_whose_compression_ends_too_early_is_used_up_to_there(self):
        data = gzip.compress(capture_files.everything().pcap())
        done = run("--json", self.file(data[:-40]))
        self.assertIn(done.returncode, (0, 1, 2, 65), done.stderr)
        self.assertNotIn(b"terminate", done.stderr)

    def test_that_is_cut_anywhere_is_used_or_refused(self):
        data = capture_files.everything().pcap()
        for size in range(0, len(data), 37):
            done = run("--json", "-", data=data[:size])
            self.assertIn(done.returncode, (0, 1, 2, 65), (size, done.stderr))
            if done.returncode != 65:
                json.loads(done.stdout)

    def test_with_a_damaged_place_goes_on_behind_it(self):
        capture = capture_files.Capture()
        for number in range(20):
            capture.handshake(number, 40000 + number)
        data = bytearray(capture.pcap())
        data[24 + 8:24 + 12] = struct.pack("<I", 0x7fffffff)  # the length of the first packet
        document = self.document(self.file(bytes(data)))
        self.assertEqual(document["counts"]["damaged_places"], 1)
        self.assertEqual(len(document["connections"]), 20)
        self.assertIn(b"Damaged places", run(self.file(bytes(data))).stdout)

    def test_that_is_a_folder_a_device_or_forbidden_is_refused(self):
        self.assertEqual(run(self.folder.name).returncode, 66)
        self.assertEqual(run("/dev/null").returncode, 65)
        if os.geteuid() != 0:
            forbidden = self.file(b"")
            forbidden.chmod(0)
            self.assertEqual(run(forbidden).returncode, 66)

    def test_of_which_one_file_is_missing_is_refused_as_a_whole(self):
        done = run(self.file(capture_files.everything().pcap()), "/nonexistent")
        self.assertEqual(done.returncode, 66)
        self.assertEqual(done.stdout, b"")

    def test_both_from_files_and_an_interface_is_a_mistake(self):
        self.assertEqual(run("-i", "lo", self.file(b"")).returncode, 64)

    def test_in_other_byte_order_and_unit_of_time_is_the_same(self):
        capture = capture_files.everything()
        plain = self.document("-", data=capture.pcap())
        swapped = self.document("-", data=capture.pcap(order=">"))
        self.assertEqual(plain["connections"], swapped["connections"])

    def test_that_is_interrupted_shows_what_was_read(self):
        with subprocess.Popen([TCPDX, "capture", "--json", "-"], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE) as reader:
            reader.stdin.write(capture_files.everything().pcap())
            reader.stdin.flush()
            time.sleep(0.5)
            reader.send_signal(signal.SIGINT)
            output, _ = reader.communicate(timeout=20)
        self.assertEqual(len(json.loads(output)["connections"]), 6)


class Filters(CaptureTest):
    def test_of_tcpdump_leave_packets_out(self):
        path = self.file(capture_files.everything().pcap())
        document = self.document("--packets", "port 40001", path)
        self.assertEqual({connection["ends"][0]["address"] for connection in document["connections"]},
                         {"192.0.2.1:40001"})
        self.assertEqual(self.document("--packets", "udp", path)["connections"], [])
        done = run("--packets", "port port", path)
        self.assertEqual(done.returncode, 64)
        self.assertIn(b"--packets", done.stderr)

    def test_by_address_and_outcome_work_together(self):
        path = self.file(capture_files.everything().pcap())
        document = self.document("--address", "198.51.100.0/24", "--outcome", "refused,refused-icmp", path)
        self.assertEqual([connection["outcome"] for connection in document["connections"]],
                         ["refused", "refused-icmp"])
        self.assertEqual(self.document("--address", "203.0.113.1", path)["connections"], [])

    def test_also_find_connections_that_are_in_order(self):
        capture = capture_files.Capture()
        for number in range(3):
            capture.handshake(number, 40001 + number)
            capture.close(number + 0.5, 40001 + number)
        path = self.file(capture.pcap())
        document = self.document("--port", "40002", path)
        self.assertEqual([connection["number"] for connection in document["connections"]], [2])
        self.assertEqual(document["outcomes"], {"closed": 3})

    def test_limit_the_table_and_not_json(self):
        path = self.file(capture_files.everything().pcap())
        self.assertIn(b"and 4 more", run("--limit", "2", path).stdout)
        self.assertEqual(len(self.document("--limit", "2", path)["connections"]), 6)

    def test_let_go_of_connections_beyond_the_limit_and_count_them(self):
        capture = capture_files.Capture()
        for number in range(200):
            capture.client(number * 0.01, 10000 + number, number, 0, SYN)
        document = self.document("--most", "50", self.file(capture.pcap()))
        self.assertEqual(len(document["connections"]), 50)
        self.assertEqual(document["forgotten"]["half_open"], 150)
        self.assertEqual(document["listeners"][0]["attempts"], 200)


class Page(html.parser.HTMLParser):
    """Finds what a page would load, what it shows, and whether its elements are closed."""

    def __init__(self, text):
        super().__init__()
        self.loads, self.ids, self.open = [], [], []
        self.text = ""
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        attributes = dict(attrs)
        self.loads += [value for name, value in attrs if name in ("src", "srcset") or
                       (name == "href" and not value.startswith("#"))]
        if "id" in attributes:
            self.ids.append(attributes["id"])
        if tag not in ("meta", "link", "br"):
            self.open.append(tag)

    def handle_endtag(self, tag):
        while self.open and self.open[-1] != tag:
            assert self.open[-1] in ("p", "tr", "td", "th"), (tag, self.open)
            self.open.pop()
        self.open.pop()

    def handle_data(self, data):
        self.text += data


class Files(CaptureTest):
    def test_html_is_one_page_with_findings_table_and_ladders(self):
        to = pathlib.Path(self.folder.name) / "page.html"
        run("--html", to, self.file(capture_files.everything().pcap(), "<a>&.pcap"))
        page = Page(to.read_text())
        self.assertEqual(page.loads, [])
        self.assertEqual(page.open, [])
        self.assertEqual(page.ids, [f"c{number}" for number in range(1, 7)])
        for expected in ("<a>&.pcap", "No answer to connection attempts", "192.0.2.1:40003", "SYN-SENT", "TIME-WAIT"):
            self.assertIn(expected, page.text)

    def test_html_is_in_the_language_of_the_reader(self):
        to = pathlib.Path(self.folder.name) / "page.html"
        path = self.file(capture_files.everything().pcap())
        subprocess.run([TCPDX, "--lang", "ko", "capture", "--html", to, path], capture_output=True, check=False, timeout=60)
        self.assertIn('<html lang="ko">', to.read_text())
        self.assertIn("TIME-WAIT", to.read_text())

    def test_that_cannot_be_written_fail_the_command(self):
        path = self.file(capture_files.everything().pcap())
        for option in ("--html", "--save"):
            done = run(option, "/nonexistent/file", path)
            self.assertEqual(done.returncode, 1)
            self.assertEqual(done.stdout, b"")
            self.assertIn(b"/nonexistent", done.stderr)

    def test_saved_have_the_packets_of_connections_with_findings(self):
        capture = capture_files.everything()
        capture.handshake(30, 40010)
        capture.close(31, 40010)
        to = pathlib.Path(self.folder.name) / "saved.pcapng"
        path = self.file(capture.pcap())
        before = self.document("--save", to, path)
        found = {connection["ends"][0]["address"]: connection for connection in before["connections"]}
        after = {connection["ends"][0]["address"]: connection for connection in self.document(to)["connections"]}
        self.assertNotIn("192.0.2.1:40010", after)
        for address in ("192.0.2.1:40002", "192.0.2.1:40003", "192.0.2.1:40005"):
            for key in ("outcome", "first", "last"):
                self.assertEqual(after[address][key], found[address][key])
            self.assertEqual([end["states"] for end in self.without_packets(after[address])],
                             [end["states"] for end in self.without_packets(found[address])])

    @staticmethod
    def without_packets(connection):
        for end in connection["ends"]:
            for state in end["states"]:
                state.pop("packet", None)
                # The end of the capture is another one.
                if state["cause"] == "unseen":
                    for key in ("possible", "state", "latest"):
                        state.pop(key, None)
        return connection["ends"]

    def test_saved_cannot_come_from_standard_input(self):
        self.assertEqual(run("--save", "/tmp/x", "-", data=b"").returncode, 64)


def in_own_network(action):
    """Runs `action` in a network namespace of its own; None without the privilege."""
    receiver, sender = os.pipe()
    child = os.fork()
    if child == 0:
        result = b"null"
        try:
            if ctypes.CDLL(None).unshare(CLONE_NEWNET) == 0:
                subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
                result = json.dumps(action()).encode()
        except BaseException as error:  # noqa: it must not return into the test runner
            result = json.dumps({"error": repr(error)}).encode()
        with os.fdopen(sender, "wb") as file:
            file.write(result)
        os._exit(0)
    os.close(sender)
    with os.fdopen(receiver, "rb") as file:
        result = file.read()
    os.waitpid(child, 0)
    return json.loads(result)


def traffic():
    """A connection that is closed by the client, and one that is refused."""
    listener = socket.create_server(("127.0.0.1", 0))
    client = socket.create_connection(listener.getsockname())
    server, _ = listener.accept()
    client.sendall(b"question")
    server.recv(100)
    server.sendall(b"answer")
    client.recv(100)
    client.close()
    server.recv(1)
    server.close()
    listener.close()
    try:
        socket.create_connection(("127.0.0.1", 9))
    except ConnectionRefusedError:
        pass
    time.sleep(0.3)


def live(*arguments, stop, interface="lo"):
    """Output of a capture while there is traffic on loopback."""
    command = [TCPDX, "capture", "-i", interface, *map(str, arguments)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as reader:
        time.sleep(1)
        traffic()
        if stop is not None:
            reader.send_signal(stop)
        output, error = reader.communicate(timeout=20)
    return {"status": reader.returncode, "output": output.decode(), "error": error.decode()}


class Live(CaptureTest):
    def done(self, action):
        result = in_own_network(action)
        if result is None:
            self.skipTest("needs the privilege to make a network namespace")
        self.assertNotIn("error", set(result) - {"output", "status"} if "output" not in result else set())
        return result

    def test_has_the_same_output_as_a_file(self):
        result = self.done(lambda: live("--json", stop=signal.SIGINT))
        document = json.loads(result["output"])
        checker = json_schema.Checker("tcpdx.capture/1", "tcpdx.diagnosis/1")
        checker.check(document)
        self.assertEqual(checker.problems, [])
        self.assertEqual([connection["outcome"] for connection in document["connections"]], ["closed", "refused"])
        self.assertEqual(self.states(document["connections"][0], 0)[-1], "TIME-WAIT")
        self.assertEqual(self.states(document["connections"][0], 1)[-1], "CLOSED")
        self.assertEqual(document["connections"][0]["near"], "both")
        self.assertEqual(document["counts"]["dropped_by_capture"], 0)

    def test_names_no_command_that_reads_it_again(self):
        output = self.done(lambda: live(stop=signal.SIGINT))["output"]
        self.assertIn("refused with RST", output)
        self.assertNotIn("check: tcpdx capture", output)

    def test_shows_what_it_has_on_either_signal(self):
        for stop in (signal.SIGINT, signal.SIGTERM):
            result = self.done(lambda stop=stop: live("--json", stop=stop))
            self.assertIn(result["status"], (0, 1, 2))
            self.assertEqual([connection["outcome"] for connection in json.loads(result["output"])["connections"]],
                             ["closed", "refused"], stop)

    def test_takes_all_interfaces_at_once(self):
        result = self.done(lambda: live("--json", stop=signal.SIGTERM, interface="any"))
        document = json.loads(result["output"])
        self.assertEqual([connection["outcome"] for connection in document["connections"]], ["closed", "refused"])
        # Loopback shows each packet as it leaves and as it arrives: these are copies.
        self.assertEqual([end["sent"]["retransmissions"] for end in document["connections"][0]["ends"]], [0, 0])

    def test_saves_what_has_findings_also_on_sigterm(self):
        to = pathlib.Path(self.folder.name) / "saved.pcapng"
        self.done(lambda: live("--save", to, stop=signal.SIGTERM))
        self.assertTrue(to.exists())
        self.assertNotIn("closed", {connection["outcome"] for connection in self.document(to)["connections"]})

    def test_ends_by_itself_after_the_time_that_was_asked_for(self):
        started = time.monotonic()
        result = self.done(lambda: live("--json", "--for", "2", stop=None))
        self.assertLess(time.monotonic() - started, 15)
        self.assertEqual(len(json.loads(result["output"])["connections"]), 2)

    def test_takes_only_the_packets_that_the_filter_lets_through(self):
        result = self.done(lambda: live("--json", "--packets", "port 9", stop=signal.SIGINT))
        document = json.loads(result["output"])
        self.assertEqual([connection["outcome"] for connection in document["connections"]], ["refused"])

    def test_saves_what_has_findings_and_leaves_nothing_else_behind(self):
        to = pathlib.Path(self.folder.name) / "saved.pcapng"
        self.done(lambda: live("--save", to, stop=signal.SIGINT))
        self.assertEqual([file.name for file in pathlib.Path(self.folder.name).iterdir()], ["saved.pcapng"])
        connection, = self.document(to)["connections"]
        self.assertEqual(connection["outcome"], "refused")

    def test_of_an_interface_that_is_not_there_fails(self):
        done = run("-i", "nonexistent0")
        self.assertEqual(done.returncode, 1)
        self.assertEqual(done.stdout, b"")
        self.assertIn(b"nonexistent0", done.stderr)


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
        self.assertLessEqual(max(map(len, text.splitlines())), 80)
        self.assertRegex(text, r"SYN-SENT 20\.\d ms ─+ SYN ─+▶ SYN-RECEIVED")
        self.assertRegex(text, r"FIN-WAIT-2 < 1 µs ◀─+ FIN\+ACK ─+ LAST-ACK")
        self.assertEqual(run("--connection", 99, self.file(capture_files.everything().pcap())).returncode, 64)

    def test_ladder_has_findings_where_they_belong(self):
        path = self.file(capture_files.everything().pcap())
        lines = run("--connection", 4, path).stdout.decode().splitlines()
        found = next(number for number, line in enumerate(lines) if "WARNING" in line)
        self.assertIn("RST", lines[found - 1])
        self.assertNotIn("WARNING", run("--connection", 1, path).stdout.decode().replace("WARNING: ", ""))

    def test_checks_can_be_run_as_they_stand(self):
        odd = self.file(capture_files.everything().pcap(), "a file's name.pcap")
        checks = re.findall(r"check: (tcpdx capture .*)", run("--packets", "tcp or icmp", odd).stdout.decode())
        self.assertGreater(len(checks), 0)
        for check in checks:
            done = subprocess.run(["sh", "-c", check.replace("tcpdx", TCPDX, 1)], capture_output=True)
            self.assertIn(done.returncode, (0, 1, 2), check)
            self.assertIn(b"Connection ", done.stdout)
        with open(odd, "rb") as file:
            done = subprocess.run([TCPDX, "capture", "-"], stdin=file, capture_output=True)
        self.assertNotIn("check: tcpdx capture", done.stdout.decode())

    def test_says_where_it_was_captured(self):
        text = " ".join(run(self.file(capture_files.everything().pcap())).stdout.decode().split())
        self.assertIn("Captured at or near 192.0.2.1", text)

    def test_names_what_is_encrypted(self):
        capture = capture_files.Capture()
        capture.add(0, capture_files.ip4("192.0.2.1", "198.51.100.2", bytes(60), protocol=50))
        path = self.file(capture.pcap())
        self.assertEqual(self.document(path)["counts"]["encrypted_packets"], 1)
        self.assertIn("encrypted below TCP", run(path).stdout.decode())


if __name__ == "__main__":
    TCPDX = sys.argv.pop(1)
    unittest.main()
