#!/usr/bin/env python3
"""Runs the real `tcpdx diagnose --from` and `tcpdx list --from` on text that people paste.

    tests/e2e/paste_test.py PATH_OF_TCPDX

Needs no privilege and no network: nothing of this host is looked at.
"""

import csv
import io
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import unittest

TCPDX = None
USAGE_ERROR, BAD_INPUT, NO_INPUT = 64, 65, 66

LEAK = """[root@host ~]# netstat -antp
Active Internet connections (servers and established)
Proto Recv-Q Send-Q Local Address           Foreign Address         State       PID/Program name
tcp        0      0 0.0.0.0:8080            0.0.0.0:*               LISTEN      4711/shop-api
tcp        0      0 127.0.0.1:9200          0.0.0.0:*               LISTEN      815/java
""" + "".join(
    f"tcp        1      0 192.0.2.1:8080          198.51.100.7:{40000 + i}      CLOSE_WAIT  4711/shop-api\n"
    for i in range(7)
) + "tcp        0      0 192.0.2.1:8080          198.51.100.8:50000      ESTABLISHED 4711/shop-api\n"

# What looks like a row and is none that anybody knows.
STRANGE = "tcp        0      0 192.0.2.1:80   198.51.100.7:4000   WHATEVER   12/x\n"

HEALTHY = """$ netstat -an
tcp        0      0 0.0.0.0:22              0.0.0.0:*               LISTEN
tcp        0      0 192.0.2.1:22            198.51.100.7:50000      ESTABLISHED
"""

WINDOWS = """C:\\> netstat -ano

Active Connections

  Proto  Local Address          Foreign Address        State           PID
  TCP    0.0.0.0:135            0.0.0.0:0              LISTENING       1028
""" + "".join(
    f"  TCP    192.0.2.1:8080         198.51.100.7:{40000 + i}     CLOSE_WAIT      4711\n"
    for i in range(9)
)


def run(*arguments, text=None, **more):
    done = subprocess.run(
        [TCPDX, *arguments], input=text.encode() if isinstance(text, str) else text,
        capture_output=True, check=False, timeout=60,
        env={"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8"}, **more)
    return subprocess.CompletedProcess(done.args, done.returncode, done.stdout.decode(),
                                       done.stderr.decode())


def diagnose(text, *arguments):
    done = run("diagnose", "--from", "-", "--json", *arguments, text=text)
    assert done.returncode in (0, 1, 2, 3), done.stderr
    document = json.loads(done.stdout)
    assert document["schema"] == "tcpdx.diagnosis/1"
    return document["namespaces"][0]


def rules(look, worse_than_information=False):
    return [each["rule"] for each in look["findings"]
            if not worse_than_information or each["severity"] != "information"]


class Diagnosis(unittest.TestCase):
    def test_names_the_program_and_the_lines(self):
        done = run("diagnose", "--from", "-", text=LEAK)
        self.assertEqual(done.returncode, 1, done.stderr)
        self.assertIn("shop-api (pid 4711)", done.stdout)
        self.assertIn("[close-wait-unread]", done.stdout)
        self.assertIn("lines 6-12", done.stdout)
        self.assertIn("netstat -antp; Linux; made as root", done.stdout)
        self.assertTrue(done.stdout.rstrip().endswith("ss -tanpie"), done.stdout[-200:])

    def test_reads_a_file_as_it_reads_standard_input(self):
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder, "paste.txt")
            path.write_text(LEAK, encoding="utf-8")
            from_file = run("diagnose", "--from", str(path))
        self.assertEqual(from_file.stdout, run("diagnose", "--from", "-", text=LEAK).stdout)

    def test_reads_it_without_the_word_diagnose(self):
        self.assertEqual(run("--from", "-", text=LEAK).stdout,
                         run("diagnose", "--from", "-", text=LEAK).stdout)

    def test_is_the_same_with_carriage_returns_and_in_utf_16(self):
        expected = rules(diagnose(LEAK))
        self.assertEqual(rules(diagnose(LEAK.replace("\n", "\r\n"))), expected)
        self.assertEqual(rules(diagnose(LEAK.replace("\n", "\r\n").encode("utf-16"))), expected)

    def test_json_tells_what_was_read(self):
        look = diagnose(LEAK)
        self.assertEqual(look["paste"]["system"], "linux")
        self.assertEqual(look["paste"]["command"], "netstat -antp")
        self.assertEqual(look["paste"]["unread_lines"], 0)
        self.assertIs(look["paste"]["as_root"], True)
        self.assertTrue(look["paste"]["not_visible"])
        leak = next(each for each in look["findings"] if each["rule"] == "close-wait-unread")
        self.assertEqual(leak["lines"], [6, 7, 8, 9, 10, 11, 12])
        self.assertTrue(all(each["origin"] in ("pasted-text", "limit")
                            for each in leak["evidence"]))

    def test_a_healthy_listing_has_no_alarm(self):
        done = run("diagnose", "--from", "-", text=HEALTHY)
        self.assertEqual(done.returncode, 0)
        self.assertIn("Nothing wrong is visible in this text.", done.stdout)

    def test_speaks_of_the_system_that_the_text_is_from(self):
        done = run("diagnose", "--from", "-", text=WINDOWS)
        self.assertEqual(done.returncode, 1, done.stdout)
        self.assertIn("Get-NetTCPConnection", done.stdout)
        for linux in ("ss -", "sysctl", "net.ipv4", "/proc", "nstat"):
            self.assertNotIn(linux, done.stdout)

    def test_counts_what_it_does_not_understand(self):
        look = diagnose(LEAK + STRANGE)
        self.assertEqual(look["paste"]["unread_lines"], 1)
        self.assertEqual(look["paste"]["unread"][0]["line"], 14)

    def test_korean(self):
        done = run("--lang", "ko", "diagnose", "--from", "-", text=LEAK)
        self.assertRegex(done.stdout, "[가-힣]")


class Questions(unittest.TestCase):
    def test_nothing_listens_on_the_port_that_should_work(self):
        for options in (["--port", "5900"], ["--wanted", "5900"], [":5900"]):
            look = diagnose(LEAK, *options)
            self.assertIn("nothing-listens", rules(look, True), options)

    def test_only_loopback_listens_on_it(self):
        self.assertIn("listener-loopback-only", rules(diagnose(LEAK, "--wanted", "9200"), True))
        self.assertNotIn("listener-loopback-only",
                         rules(diagnose(LEAK, "--wanted", "127.0.0.1:9200")))

    def test_another_program_has_it(self):
        look = diagnose(LEAK, "--port", "8080")
        self.assertIn("port-taken-by-another", rules(look))
        claim = next(each["claim"] for each in look["findings"]
                     if each["rule"] == "port-taken-by-another")
        self.assertIn("shop-api (pid 4711)", claim)

    def test_a_listing_without_listeners_does_not_say_that_nobody_listens(self):
        text = "".join(line for line in LEAK.splitlines(True) if "LISTEN" not in line)
        text = text.replace("netstat -antp", "netstat -ntp").replace("servers and established",
                                                                     "w/o servers")
        look = diagnose(text, "--port", "5900")
        self.assertNotIn("nothing-listens", rules(look))
        told = run("diagnose", ":5900", "--from", "-", text=text).stdout
        self.assertIn("no listener on it is shown", told)
        self.assertNotIn("nothing listens on it", told)

    def test_a_question_about_one_address(self):
        text = LEAK.replace("0.0.0.0:8080", "192.0.2.1:8080")
        wrong = diagnose(text, "--wanted", "192.0.2.9:8080")
        self.assertIn("nothing-listens", rules(wrong, True))
        right = diagnose(text, "--port", "8080", "--local-address", "192.0.2.1")
        self.assertNotIn("nothing-listens", rules(right))

    def test_one_process(self):
        self.assertIn("close-wait-unread", rules(diagnose(LEAK, "4711")))
        self.assertEqual(run("diagnose", "4712", "--from", "-", text=LEAK).returncode, 3)

    def test_questions_that_do_not_fit(self):
        for options in (["--port", "0"], ["--port", "x"], ["--wanted", "x:80"], ["--wanted", "x"],
                        [":80", "--port", "81"], ["--local-address", "192.0.2.1"],
                        ["--sample", "1"], ["--watch", "1"], ["--all-netns"]):
            done = run("diagnose", "--from", "-", *options, text=LEAK)
            self.assertEqual(done.returncode, USAGE_ERROR, options)
            self.assertIn("tcpdx: ", done.stderr)
            self.assertEqual(done.stdout, "")


class List(unittest.TestCase):
    def test_filters_what_was_pasted(self):
        done = run("list", "close-wait", "--from", "-", "--json", text=LEAK)
        self.assertEqual(done.returncode, 0, done.stderr)
        connections = json.loads(done.stdout)["connections"]
        self.assertEqual(len(connections), 7)
        self.assertEqual(connections[0]["process"], "shop-api")
        self.assertEqual(connections[0]["recv_q"], 1)
        self.assertEqual([each["line"] for each in connections], list(range(6, 13)))

    def test_has_the_options_of_list(self):
        table = run("list", "--from", "-", "--pid", "815", "--no-header", "-o",
                    "state,local,line", text=LEAK).stdout
        self.assertEqual(table.split(), ["LISTEN", "127.0.0.1:9200", "5"])
        rows = list(csv.reader(io.StringIO(
            run("list", "--from", "-", "--csv", "--by", "state", text=LEAK).stdout)))
        self.assertIn(["7", "CLOSE-WAIT"], rows)
        first = run("list", "--from", "-", "--sort", "-remote", "--limit", "1", "--jsonl",
                    text=LEAK).stdout
        self.assertEqual(json.loads(first)["remote_port"], 50000)

    def test_shows_names_where_the_text_does(self):
        text = "tcp        0      0 web.example:http        db.example:40000        ESTABLISHED\n"
        done = run("list", "--from", "-", "--json", text=text)
        connection = json.loads(done.stdout)["connections"][0]
        self.assertEqual(connection["remote_address"], "db.example")
        self.assertEqual(connection["local_port"], 80)
        self.assertIn("db.example:40000", run("list", "--from", "-", text=text).stdout)

    def test_says_on_stderr_what_is_not_in_it(self):
        done = run("list", "--from", "-", "--jsonl", text=LEAK + STRANGE)
        self.assertIn("1 of 14 lines not understood", done.stderr)

    def test_writes_to_a_file(self):
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder, "list.json")
            run("list", "--from", "-", "--json", "--to", str(path), text=LEAK)
            self.assertEqual(len(json.loads(path.read_text())["connections"]), 10)


class BadInput(unittest.TestCase):
    def check(self, status, *arguments, text=None):
        for command in ("diagnose", "list"):
            done = run(command, *arguments, text=text)
            self.assertEqual(done.returncode, status, (command, done.stderr))
            self.assertEqual(done.stdout, "")
            self.assertRegex(done.stderr, r"^tcpdx: .*\n$")

    def test_a_file_that_is_not_there(self):
        self.check(NO_INPUT, "--from", "/nowhere/paste.txt")

    def test_a_directory(self):
        self.check(NO_INPUT, "--from", "/")

    @unittest.skipIf(os.geteuid() == 0, "root may read everything")
    def test_a_file_that_may_not_be_read(self):
        with tempfile.NamedTemporaryFile() as file:
            os.chmod(file.name, 0)
            self.check(NO_INPUT, "--from", file.name)

    def test_nothing(self):
        self.check(BAD_INPUT, "--from", "-", text="")
        self.check(BAD_INPUT, "--from", "-", text=" \r\n\n")
        self.check(BAD_INPUT, "--from", "/dev/null")

    def test_what_is_not_text(self):
        self.check(BAD_INPUT, "--from", TCPDX)
        self.check(BAD_INPUT, "--from", "-", text=bytes(range(256)) * 40)

    def test_text_that_is_about_something_else(self):
        self.check(BAD_INPUT, "--from", "-", text="The quick brown fox.\n" * 30)

    def test_any_piece_of_a_paste(self):
        # Cut anywhere, it must not crash, hang or say what is not there.
        data = (LEAK + WINDOWS).encode()
        for size in range(1, len(data), 97):
            done = run("diagnose", "--from", "-", "--json", text=data[:size])
            self.assertIn(done.returncode, (0, 1, 2, 3, BAD_INPUT), (size, done.stderr))

    def test_long_lines_and_zero_bytes(self):
        text = LEAK + "x" * 1_000_000 + "\n" + "\0\0\0\n" + LEAK.splitlines(True)[9]
        done = run("diagnose", "--from", "-", "--json", text=text)
        self.assertEqual(done.returncode, 1, done.stderr)


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    TCPDX = sys.argv.pop(1)
    unittest.main(verbosity=1)
