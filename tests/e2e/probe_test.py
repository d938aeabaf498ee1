#!/usr/bin/env python3
"""tcpdx probe and conclude over loopback, and with bad input. Needs no privilege.

    tests/e2e/probe_test.py PATH_OF_TCPDX
"""

import json
import os
import signal
import socket
import ssl
import subprocess
import sys
import tempfile
import threading
import time
import unittest

import json_schema

TCPDX = None
ENVIRONMENT = {"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8"}


def run(*arguments):
    return subprocess.run([TCPDX, *arguments], capture_output=True, text=True, check=False,
                          timeout=60, env=ENVIRONMENT)


def unprivileged(*arguments):
    """As a user who may nothing, whoever runs the test."""
    command = [TCPDX, *arguments]
    if os.geteuid() == 0:
        command = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "--inh-caps=-all",
                   "--bounding-set=-all", *command]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=60,
                          env=ENVIRONMENT)


class FullQueue:
    """A port that drops SYNs: the accept queue of its program is full."""

    def __enter__(self):
        self.server = socket.socket()
        self.server.bind(("127.0.0.1", 0))
        self.server.listen(0)
        self.client = socket.create_connection(self.server.getsockname())
        return self.server.getsockname()[1]

    def __exit__(self, *_):
        self.client.close()
        self.server.close()


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as closed_soon:
        return closed_soon.getsockname()[1]


class Accepting:
    """A port whose program accepts, and then says nothing. One that nobody accepts is no healthy
    connection."""

    def __init__(self):
        self.server = socket.create_server(("127.0.0.1", 0))
        self.port = self.server.getsockname()[1]
        self.accepted = []
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        try:
            while True:
                self.accepted.append(self.server.accept()[0])
        except OSError:
            pass  # closed at the end of the test

    def close(self):
        self.server.shutdown(socket.SHUT_RDWR)
        self.server.close()
        for connection in self.accepted:
            connection.close()


class Probe(unittest.TestCase):
    def setUp(self):
        self.server = Accepting()
        self.port = self.server.port

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
        self.assertEqual(self.causes(done.stdout), ["port-closed"])

    def causes(self, text):
        return [each["cause"] for each in json.loads(text)["targets"][0]["candidates"]]

    def test_of_its_own_host_it_looks_at_both_ends_without_privilege(self):
        with FullQueue() as port:
            done = unprivileged("probe", f"127.0.0.1:{port}", "--json")
        self.assertEqual(done.returncode, 2, done.stderr)
        self.assertEqual(self.causes(done.stdout), ["accept-queue-full"])
        self.assertNotIn("server_command", json.loads(done.stdout)["targets"][0])
        self.assert_documented(done.stdout)
        with socket.create_server(("127.0.0.1", 0)) as idle:
            done = unprivileged("probe", f"127.0.0.1:{idle.getsockname()[1]}", "--json")
        self.assertEqual(done.returncode, 1, done.stderr)
        self.assertEqual(self.causes(done.stdout), ["never-accepted"])

    def test_several_attempts_and_a_conversation_are_documented_too(self):
        done = run("probe", f"127.0.0.1:{self.port}", "--json", "--count", "3", "--interval", "0.05",
                   "--http", "/")
        self.assertEqual(done.returncode, 1, done.stderr)
        self.assert_documented(done.stdout)

    def interrupted_after(self, seconds, *arguments):
        probe = subprocess.Popen([TCPDX, "probe", *arguments], stdout=subprocess.PIPE, text=True,
                                 env=ENVIRONMENT)
        time.sleep(seconds)
        probe.send_signal(signal.SIGINT)
        output, _ = probe.communicate(timeout=20)
        return probe.returncode, output

    def test_interrupted_it_tells_what_it_knows(self):
        with FullQueue() as port:
            status, output = self.interrupted_after(1, f"127.0.0.1:{port}", "--json")
            self.assertEqual(status, 3)
            self.assertTrue(json.loads(output)["targets"][0]["interrupted"])
            status, output = self.interrupted_after(1, f"127.0.0.1:{port}")
            self.assertEqual(status, 3)
            self.assertIn("could not tell", output.splitlines()[0])
            self.assertIn("Interrupted: this is what was known until then.", output)

    def test_interrupted_between_attempts_it_tells_of_those_that_were_made(self):
        status, output = self.interrupted_after(2, f"127.0.0.1:{self.port}", "--json", "--count",
                                                "100", "--interval", "0.2")
        self.assertEqual(status, 0)
        target = json.loads(output)["targets"][0]
        self.assertTrue(target["interrupted"])
        self.assertTrue(0 < len(target["observed"]["repeated"]["attempts"]) < 100)

    def test_a_histogram_says_when_the_attempts_connected(self):
        done = run("probe", f"127.0.0.1:{self.port}", "--count", "5", "--interval", "0.05")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertRegex(done.stdout, r"at once +5  #####\n")

    def test_all_addresses_of_a_name_are_tried(self):
        done = run("probe", "localhost", str(self.port), "--json")
        self.assertIn(done.returncode, (0, 1), done.stderr)  # 1: nothing listens on ::1
        targets = json.loads(done.stdout)["targets"]
        self.assertIn(f"127.0.0.1:{self.port}", [each["target"] for each in targets])

    def test_without_privilege_it_says_what_root_could_add(self):
        done = unprivileged("diagnose", f":{self.port}", "--from-peer", "127.0.0.1", "--for", "0.5")
        self.assertEqual(done.returncode, 3, done.stderr)
        self.assertIn("Not seen: the packets themselves", done.stdout)

    def test_bad_input_is_named(self):
        for arguments, status, word in (
                (["probe", "nowhere.invalid:80"], 3, "nowhere.invalid"),
                (["probe", "127.0.0.1"], 64, "port is missing"),
                (["probe", "127.0.0.1:0"], 64, "not a port"),
                (["probe", "127.0.0.1:http"], 64, "not a port"),
                (["probe", "127.0.0.1:65536"], 64, "not a port"),
                (["probe", "127.0.0.1", "-1"], 64, "-1"),
                (["probe", "-4", "-6", "127.0.0.1:80"], 64, "-6"),
                (["probe", "127.0.0.1:80", "--reference", "0"], 64, "not a port"),
                (["probe", "127.0.0.1:80", "--compare", "nowhere.invalid"], 3, "nowhere.invalid"),
                (["probe", "127.0.0.1:80", "--idle", "5"], 64, "--idle"),
                (["probe", "::1:80"], 64, "[2001:db8::1]:8080"),
                (["probe", ":80"], 64, "host is missing"),
                (["probe", "-6", "127.0.0.1:80"], 3, "family"),
                (["probe", "-4", "[::1]:80"], 3, "family"),
                (["probe", "127.0.0.1:80", "--http", "index"], 64, "begins with /"),
                (["probe", "127.0.0.1:80", "--count", "0"], 64, "--count"),
                (["diagnose", ":80", "--from-peer", "here"], 64, "not an address"),
                (["diagnose", "--from-peer", "127.0.0.1"], 64, ":8080")):
            done = run(*arguments)
            self.assertEqual(done.returncode, status, (arguments, done.stdout, done.stderr))
            self.assertIn(word, done.stderr)
            self.assertEqual(done.stdout, "")


CA_SETTINGS = """
[ca]
default_ca = own
[own]
database = {0}/index.txt
new_certs_dir = {0}
serial = {0}/serial
default_md = sha256
unique_subject = no
policy = any
copy_extensions = copy
[any]
commonName = supplied
"""


class Certificates(unittest.TestCase):
    """An authority that the probe trusts, and what it finds wrong with certificates all the same."""

    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.path = self.folder.name
        for name, text in (("ca.conf", CA_SETTINGS.format(self.path)), ("index.txt", ""),
                           ("serial", "01")):
            with open(f"{self.path}/{name}", "w", encoding="ascii") as file:
                file.write(text)
        self.openssl("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", "ca.key", "-out",
                     "ca.pem", "-subj", "/CN=authority", "-days", "2")

    def tearDown(self):
        self.folder.cleanup()

    def openssl(self, *arguments):
        subprocess.run(["openssl", *arguments], cwd=self.path, check=True, capture_output=True)

    def probed(self, name, start, end):
        """Serves a certificate for a name and a time, and probes localhost."""
        self.openssl("req", "-newkey", "rsa:2048", "-nodes", "-keyout", "own.key", "-out",
                     "own.csr", "-subj", f"/CN={name}", "-addext", f"subjectAltName=DNS:{name}")
        self.openssl("ca", "-batch", "-config", "ca.conf", "-cert", "ca.pem", "-keyfile", "ca.key",
                     "-in", "own.csr", "-out", "own.pem", "-notext", "-startdate", start,
                     "-enddate", end)
        with open(f"{self.path}/chain.pem", "w", encoding="ascii") as chain:
            for part in ("own.pem", "ca.pem"):
                with open(f"{self.path}/{part}", encoding="ascii") as file:
                    chain.write(file.read())
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(f"{self.path}/chain.pem", f"{self.path}/own.key")
        server = socket.create_server(("127.0.0.1", 0))

        def serve():
            try:
                with context.wrap_socket(server.accept()[0], server_side=True) as connection:
                    connection.recv(100)
            except OSError:
                pass  # the probe has seen enough
        threading.Thread(target=serve, daemon=True).start()
        with server:
            return subprocess.run(
                [TCPDX, "probe", "-4", f"localhost:{server.getsockname()[1]}", "--tls", "--json"],
                capture_output=True, text=True, check=False, timeout=60,
                env={**ENVIRONMENT, "SSL_CERT_FILE": f"{self.path}/ca.pem"})

    def test_what_is_wrong_with_a_certificate_is_named(self):
        long_ago, past, future, far = ("20200101000000Z", "20210101000000Z", "20400101000000Z",
                                       "20410101000000Z")
        for name, start, end, cause in (("localhost", past, future, None),
                                        ("other.example", past, future, "certificate-other-name"),
                                        ("localhost", future, far, "certificate-not-yet-valid"),
                                        ("localhost", long_ago, past, "certificate-expired")):
            done = self.probed(name, start, end)
            target = json.loads(done.stdout)["targets"][0]
            causes = [each["cause"] for each in target["candidates"]]
            self.assertEqual(causes, [cause] if cause else [], done.stdout)
            self.assertEqual(done.returncode, 1 if cause else 0)
            exchange = target["observed"]["exchange"]
            self.assertEqual([each["subject"] for each in exchange["chain"]], ["CN=authority"])
            self.assertEqual(exchange.get("certificate_names"),
                             name if name == "other.example" else None)


class Conclude(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.server = Accepting()
        self.port = self.server.port

    def tearDown(self):
        self.server.close()
        self.folder.cleanup()

    def save(self, name, text):
        path = os.path.join(self.folder.name, name)
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        return path

    def both(self, before_the_end=0.0):
        watch = subprocess.Popen([TCPDX, "diagnose", f":{self.port}", "--from-peer", "127.0.0.1",
                                  "--for", "30", "--json"], stdout=subprocess.PIPE, text=True,
                                 env=ENVIRONMENT)
        time.sleep(0.5)
        client = run("probe", f"127.0.0.1:{self.port}", "--json").stdout
        time.sleep(before_the_end)
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

    def test_a_connection_that_nobody_accepts_is_found(self):
        with socket.create_server(("127.0.0.1", 0)) as idle:
            self.port = idle.getsockname()[1]
            client, server = self.both(before_the_end=1)
        # Of its own host the client sees both ends; what conclude gets is what it observed.
        self.assertEqual([each["cause"] for each in
                          json.loads(client)["targets"][0]["candidates"]], ["never-accepted"])
        done = run("conclude", self.save("c.json", client), self.save("s.json", server), "--json")
        causes = [each["cause"] for each in json.loads(done.stdout)["candidates"]]
        self.assertEqual(causes, ["never-accepted"])

    def test_reports_that_do_not_belong_together_are_refused(self):
        client, server = self.both()
        good = self.save("c.json", client), self.save("s.json", server)
        other_port = server.replace(f'"port": {self.port},', '"port": 1,', 1)
        for files, status, word in (
                ((good[0], good[0]), 65, "both reports are of a client"),
                ((good[1], good[1]), 65, "both reports are of a server"),
                ((good[0], self.save("o.json", other_port)), 65, "different ports"),
                ((good[0], self.changed(server, addresses=["192.0.2.1"])), 65, "different hosts"),
                ((good[0], self.changed(server, peer="192.0.2.1")), 65, "192.0.2.1"),
                ((good[0], self.changed(server, started_us=10 ** 15, ended_us=10 ** 15 + 10)), 65,
                 "different times")):
            done = run("conclude", *files)
            self.assertEqual(done.returncode, status, (files, done.stdout, done.stderr))
            self.assertIn(word, done.stderr)
            self.assertEqual(done.stdout, "")

    def changed(self, server, **values):
        """The server's report with other values, and without the SYN that proves that it is one
        and the same connection."""
        document = json.loads(server)
        document["observed"].pop("packets", None)
        for key, value in values.items():
            where = document["observed"] if key == "addresses" else document
            where[key] = value
        return self.save(f"{min(values)}.json", json.dumps(document))

    def test_files_that_are_no_reports_are_named(self):
        client, server = self.both()
        good = self.save("c.json", client)
        secret = self.save("secret.json", server)
        os.chmod(secret, 0)
        os.chmod(self.folder.name, 0o755)
        for how, file, status, word in (
                (run, self.save("t.json", server[:200]), 65, "damaged"),
                (run, self.save("e.json", ""), 65, "damaged"),
                (run, self.save("x.json", '{"schema": "other"}'), 65, "other"),
                (run, self.save("n.json", server.replace('"port"', '"prot"', 1)), 65, "port"),
                (run, "/nonexistent/file", 66, "/nonexistent/file"),
                (run, self.folder.name, 66, self.folder.name),
                (unprivileged, secret, 66, "secret.json")):
            done = how("conclude", good, file)
            self.assertEqual(done.returncode, status, (file, done.stdout, done.stderr))
            self.assertIn(word, done.stderr)
            self.assertEqual(done.stdout, "")

    def test_one_file_is_not_enough(self):
        self.assertEqual(run("conclude", "client.json").returncode, 64)


if __name__ == "__main__":
    # In the background SIGINT is ignored, and children would inherit that.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    TCPDX = sys.argv.pop(1)
    unittest.main()
