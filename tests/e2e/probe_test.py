#!/usr/bin/env python3
"""tcpdx probe and conclude over loopback, and with bad input. Needs no privilege.

    tests/e2e/probe_test.py PATH_OF_TCPDX
"""

import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
import unittest

import json_schema

TCPDX = None
ENVIRONMENT = {"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8"}


def run(*arguments):
    return subprocess.run([TCPDX, *arguments], capture_output=True, text=True, check=False,
                          timeout=60, env=ENVIRONMENT)


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as closed_soon:
        return closed_soon.getsockname()[1]


class Probe(unittest.TestCase):
    def setUp(self):
        self.server = socket.create_server(("127.0.0.1", 0))
        self.port = self.server.getsockname()[1]

    def tearDown(self):
        self.server.close()

    def assert_documented(self, text):
        checker = json_schema.Checker("tcpdx.probe/1")
        checker.check(json.loads(text))
        self.assertEqual(checker.problems, [])

    def test_an_open_port_connects(self):
        done = run("probe", f"127.0.0.1:{self.port}", "--json")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assert_documented(done.stdout)
        self.assertEqual(json.loads(done.stdout)["targets"][0]["outcome"], "connects")

    def test_a_closed_port_does_not(self):
        done = run("probe", "127.0.0.1", str(free_port()), "--json")
        self.assertEqual(done.returncode, 2, done.stderr)
        self.assert_documented(done.stdout)
        causes = {each["cause"] for each in json.loads(done.stdout)["targets"][0]["candidates"]}
        self.assertIn("port-closed", causes)

    def test_several_attempts_and_a_conversation_are_documented_too(self):
        done = run("probe", f"127.0.0.1:{self.port}", "--json", "--count", "3", "--interval", "0.05",
                   "--http", "/")
        self.assertEqual(done.returncode, 1, done.stderr)
        self.assert_documented(done.stdout)

    def test_interrupted_it_tells_what_it_knows(self):
        # A socket whose queue is full drops the SYN.
        full = socket.socket()
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        with full, socket.create_connection(full.getsockname()):
            probe = subprocess.Popen([TCPDX, "probe", "127.0.0.1", str(full.getsockname()[1]),
                                      "--json"], stdout=subprocess.PIPE, text=True, env=ENVIRONMENT)
            time.sleep(1)
            probe.send_signal(signal.SIGINT)
            output, _ = probe.communicate(timeout=20)
        self.assertEqual(probe.returncode, 3)
        self.assertTrue(json.loads(output)["targets"][0]["interrupted"])

    def test_bad_input_is_named(self):
        for arguments, status, word in (
                (["probe", "nowhere.invalid:80"], 3, "nowhere.invalid"),
                (["probe", "127.0.0.1"], 64, "port is missing"),
                (["probe", "127.0.0.1:0"], 64, "not a port"),
                (["probe", "127.0.0.1:http"], 64, "not a port"),
                (["probe", "::1:80"], 64, "[2001:db8::1]:8080"),
                (["probe", ":80"], 64, "host is missing"),
                (["probe", "-6", "127.0.0.1:80"], 3, "family"),
                (["probe", "127.0.0.1:80", "--http", "index"], 64, "begins with /"),
                (["probe", "127.0.0.1:80", "--count", "0"], 64, "--count"),
                (["diagnose", ":80", "--from-peer", "here"], 64, "not an address"),
                (["diagnose", "--from-peer", "127.0.0.1"], 64, ":8080")):
            done = run(*arguments)
            self.assertEqual(done.returncode, status, (arguments, done.stdout, done.stderr))
            self.assertIn(word, done.stderr)
            self.assertEqual(done.stdout, "")


class Conclude(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.server = socket.create_server(("127.0.0.1", 0))
        self.port = self.server.getsockname()[1]

    def tearDown(self):
        self.server.close()
        self.folder.cleanup()

    def save(self, name, text):
        path = os.path.join(self.folder.name, name)
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        return path

    def both(self):
        watch = subprocess.Popen([TCPDX, "diagnose", f":{self.port}", "--from-peer", "127.0.0.1",
                                  "--for", "30", "--json"], stdout=subprocess.PIPE, text=True,
                                 env=ENVIRONMENT)
        time.sleep(0.5)
        client = run("probe", f"127.0.0.1:{self.port}", "--json").stdout
        watch.send_signal(signal.SIGINT)
        server, _ = watch.communicate(timeout=20)
        return client, server

    def test_both_ends_of_a_healthy_connection_agree(self):
        client, server = self.both()
        done = run("conclude", self.save("c.json", client), self.save("s.json", server), "--json")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(json.loads(done.stdout)["candidates"], [])
        for text, schema in ((server, "tcpdx.port-watch/1"), (done.stdout, "tcpdx.conclusion/1")):
            checker = json_schema.Checker(schema, "tcpdx.probe/1")
            checker.check(json.loads(text))
            self.assertEqual(checker.problems, [])

    def test_reports_that_do_not_belong_together_are_refused(self):
        client, server = self.both()
        good = self.save("c.json", client), self.save("s.json", server)
        other_port = server.replace(f'"port": {self.port},', '"port": 1,', 1)
        for files, word in (((good[0], good[0]), "both reports are of a client"),
                            ((good[1], good[1]), "both reports are of a server"),
                            ((good[0], self.save("o.json", other_port)), "different ports"),
                            ((good[0], self.save("t.json", server[:200])), "damaged"),
                            ((good[0], self.save("x.json", '{"schema": "other"}')), "other"),
                            ((good[0], "/nonexistent/file"), "/nonexistent/file")):
            done = run("conclude", *files)
            self.assertIn(done.returncode, (65, 66), (files, done.stdout, done.stderr))
            self.assertIn(word, done.stderr)
            self.assertEqual(done.stdout, "")


if __name__ == "__main__":
    # In the background SIGINT is ignored, and children would inherit that.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    TCPDX = sys.argv.pop(1)
    unittest.main()
