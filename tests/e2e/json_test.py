#!/usr/bin/env python3
"""Holds the JSON that tcpdx really prints against what docs/json.md says of it.

    tests/e2e/json_test.py PATH_OF_TCPDX

Needs no privilege: it looks at connections over loopback that it makes itself.
"""

import json
import os
import socket
import subprocess
import sys
import time
import unittest

import json_schema

TCPDX = None
STATUSES = {"information": 0, "warning": 1, "problem": 2}


def run(*arguments):
    return subprocess.run([TCPDX, *arguments], capture_output=True, text=True, check=False,
                          timeout=60, env={"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8"})


class JsonTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.listener = socket.create_server(("127.0.0.1", 0), backlog=1)
        cls.port = cls.listener.getsockname()[1]
        # Closed by the client, and not noticed by the server: CLOSE-WAIT with the FIN unread.
        client = socket.create_connection(("127.0.0.1", cls.port))
        cls.server, _ = cls.listener.accept()
        client.close()
        # And the accept queue of the same listener full: one more than its backlog.
        cls.waiting = [socket.create_connection(("127.0.0.1", cls.port)) for _ in range(2)]
        time.sleep(0.2)

    @classmethod
    def tearDownClass(cls):
        for each in (*cls.waiting, cls.server, cls.listener):
            each.close()

    def document(self, *arguments, statuses=(0,)):
        done = run(*arguments)
        self.assertIn(done.returncode, statuses, done.stderr)
        return json.loads(done.stdout)

    def assert_documented(self, checker, document):
        checker.check(document)
        self.assertEqual(checker.problems, [])


class Diagnosis(JsonTest):
    # Every status but "could not tell": other programs of this host may have findings too.
    TOLD = (0, 1, 2)

    def diagnose(self, *arguments):
        return self.document(*arguments, "--json", statuses=self.TOLD)

    def test_of_the_host_is_as_documented(self):
        checker = json_schema.Checker("tcpdx.diagnosis/1")
        document = self.diagnose("--limit", "close-wait=1ms")
        self.assertEqual(document["schema"], "tcpdx.diagnosis/1")
        self.assert_documented(checker, document)
        self.assertNotIn("port", document["namespaces"][0])
        self.assertNotIn("interval_ms", document["namespaces"][0])

    def test_of_a_port_is_as_documented(self):
        checker = json_schema.Checker("tcpdx.diagnosis/1")
        document = self.diagnose("diagnose", f":{self.port}", "--sample", "0.2", "--limit",
                                 "close-wait=1ms")
        self.assert_documented(checker, document)
        rules = [finding["rule"] for finding in document["namespaces"][0]["findings"]]
        self.assertIn("close-wait-unread", rules)
        self.assertIn("accept-queue-full", rules)
        # What this scenery has to bring out, or the comparison would be of little.
        for seen in (("namespace", "interval_ms"), ("port", "new_connections"),
                     ("port", "new_drops"), ("port", "counter_increases"),
                     ("listener", "accept_queue"), ("listener", "drops"), ("listener", "pid"),
                     ("finding", "candidates"), ("finding", "at_least_ms"), ("evidence", "check"),
                     ("candidate", "decided_by"), ("candidate", "command"), ("socket", "process")):
            self.assertIn(seen, checker.seen)

    def test_counts_all_eleven_states(self):
        for states in (self.diagnose()["namespaces"][0]["states"],
                       self.diagnose("diagnose", f":{self.port}", "--sample", "0")
                       ["namespaces"][0]["port"]["states"]):
            self.assertEqual(set(states), json_schema.STATES)

    def test_exits_with_the_worst_finding(self):
        done = run("diagnose", f":{self.port}", "--sample", "0", "--json")
        findings = json.loads(done.stdout)["namespaces"][0]["findings"]
        worst = max(STATUSES[finding["severity"]] for finding in findings)
        self.assertEqual(done.returncode, worst)

    def test_of_a_port_without_a_listener(self):
        with socket.create_server(("127.0.0.1", 0)) as unused:
            port = unused.getsockname()[1]
        document = self.diagnose("diagnose", f":{port}", "--sample", "0.1")
        self.assert_documented(json_schema.Checker("tcpdx.diagnosis/1"), document)
        self.assertNotIn("new_drops", document["namespaces"][0]["port"])

    def test_in_korean_has_the_same_names(self):
        checker = json_schema.Checker("tcpdx.diagnosis/1")
        document = self.diagnose("diagnose", f":{self.port}", "--sample", "0", "--lang", "ko")
        self.assert_documented(checker, document)


class List(JsonTest):
    # The fields whose documented values are all there are.
    CLOSED_SETS = ("state", "kind", "family", "age_method", "opener", "opener_basis", "owner",
                   "timer")

    def test_is_as_documented(self):
        fields = json_schema.listed_fields()
        document = self.document("list", "--json")
        self.assertEqual(set(document), {"schema", "connections", "table_changed"})
        self.assertGreaterEqual(len(document["connections"]), 4)
        for row in document["connections"]:
            self.assertEqual(set(row) - set(fields), set(), "not documented")
            always = {name for name, (_, optional) in fields.items() if not optional}
            self.assertEqual(always - set(row), set(), "missing")
            for name in self.CLOSED_SETS:
                if name in row:
                    self.assertIn(row[name], json_schema.words_in(fields[name][0]), name)

    def test_documents_no_field_that_is_not_there(self):
        there = set(run("list", "--csv", "-o", "all").stdout.splitlines()[0].split(","))
        for row in self.document("list", "--json")["connections"]:
            there |= set(row)  # some fields are in no column
        self.assertEqual(set(json_schema.listed_fields()), there)

    def test_counts_are_as_documented(self):
        document = self.document("list", "--by", "state", "--json")
        self.assertEqual(set(document), {"schema", "total", "counts", "table_changed"})
        self.assertEqual(document["schema"], "tcpdx.counts/1")
        self.assertEqual(sum(row["count"] for row in document["counts"]), document["total"])


class Tune(JsonTest):
    def test_is_as_documented(self):
        checker = json_schema.Checker("tcpdx.tune/1", "tcpdx.diagnosis/1")
        document = self.document("tune", "--json")
        self.assertEqual(document["schema"], "tcpdx.tune/1")
        self.assert_documented(checker, document)
        self.assertIn(("option", "often_said"), checker.seen)
        self.assertIn(("option", "evidence"), checker.seen)
        self.assertIn(("advice", "truth"), checker.seen)

    def test_has_the_kernels_own_values(self):
        options = {each["option"]: each for each in self.document("tune", "--json")["options"]}
        with open("/proc/sys/net/ipv4/tcp_fin_timeout", encoding="ascii") as file:
            self.assertEqual(options["net.ipv4.tcp_fin_timeout"]["value"], file.read().strip())

    def test_text_tells_the_same_as_json(self):
        document = self.document("tune", "--json")
        text = " ".join(run("tune", "--all").stdout.split())
        for option in document["options"]:
            self.assertIn(f"{option['option']} = ", text)
            self.assertIn(" ".join(option["reason"].split()), text)
        for advice in document["wrong_advice"]:
            self.assertIn(advice["truth"], text)

    def test_text_leaves_out_what_is_right_and_counts_it(self):
        fine = [option for option in self.document("tune", "--json")["options"]
                if option["verdict"] == "ok"]
        text = run("tune").stdout
        self.assertIn(f"{len(fine)} options are right for this host's load", text)
        for option in fine:
            self.assertNotIn(f"{option['option']} = ", text)

    def test_never_advises_what_this_kernel_does_not_have(self):
        for option in self.document("tune", "--json")["options"]:
            path = "/proc/sys/" + option["option"].replace(".", "/")
            # An interface's name may have a dot in it.
            if "/conf/" not in path:
                self.assertTrue(os.path.exists(path), path)


class TheComparison(unittest.TestCase):
    """A checker that finds nothing wrong would make all of the above empty."""

    def problems(self, change):
        document = {"schema": "tcpdx.tune/1", "options": [],
                    "wrong_advice": [{"advice": "a", "truth": "b"}]}
        change(document)
        checker = json_schema.Checker("tcpdx.tune/1", "tcpdx.diagnosis/1")
        checker.check(document)
        return checker.problems

    def test_accepts_a_good_document(self):
        self.assertEqual(self.problems(lambda document: None), [])

    def test_sees_a_key_that_is_not_documented(self):
        self.assertEqual(len(self.problems(lambda document: document.update(more=1))), 1)

    def test_sees_a_key_that_is_missing(self):
        self.assertEqual(len(self.problems(lambda document: document.pop("options"))), 1)

    def test_sees_another_type(self):
        self.assertEqual(len(self.problems(lambda document: document.update(options={}))), 1)
        self.assertEqual(
            len(self.problems(lambda document: document["wrong_advice"][0].update(truth=1))), 1)


if __name__ == "__main__":
    TCPDX = os.path.abspath(sys.argv.pop(1))
    unittest.main()
