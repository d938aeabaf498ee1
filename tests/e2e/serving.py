"""A `tcpdx serve` to ask, and what its answers are held against."""

import http.client
import json
import os
import pathlib
import signal
import ssl
import subprocess
import sys
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from openapi import Documented  # noqa: E402

TCPDX = sys.argv[1]
ROOT = pathlib.Path(__file__).resolve().parents[2]
API = Documented(ROOT / "docs/api/openapi.json")
FAILURES = []


def check(condition, what):
    if not condition:
        FAILURES.append(what)
        print(f"FAILED: {what}")


class Server:
    """`tls` is the certificate to trust, where it has one; `environment` is added to ours."""

    def __init__(self, folder, *options, listen="127.0.0.1:0", address="127.0.0.1", tls=None, environment=None):
        where = ["--listen", listen] if listen else []
        self.process = subprocess.Popen(
            [TCPDX, "--lang", "en", "serve", *where, "--history", f"{folder}/history.db", *options],
            stderr=subprocess.PIPE, text=True, env=os.environ | (environment or {}))
        self.address = address
        self.tls = tls
        self.said = []
        self.heard = 0  # lines that says() has gone past
        self.listening = threading.Thread(target=lambda: self.said.extend(self.process.stderr), daemon=True)
        self.listening.start()
        line = self.says("page is at", fails=False)
        if not line:
            self.process.kill()
            raise RuntimeError("".join(self.said))
        self.port = int(line.rstrip("/\n").rsplit(":", 1)[1])

    def says(self, *words, seconds=10, fails=True):
        """Waits for the next line with all these words on its standard error, and gives it."""
        end = time.time() + seconds
        while time.time() < end and (self.listening.is_alive() or self.heard < len(self.said)):
            while self.heard < len(self.said):
                line = self.said[self.heard]
                self.heard += 1
                if all(word in line for word in words):
                    return line
            time.sleep(0.05)
        check(not fails, f"it does not say {words}: {self.said}")
        return ""

    def ask(self, path, method="GET", headers=None, body=None, raw=False):
        connection = self.connect()
        connection.request(method, path, body=body, headers=headers or {})
        answer = connection.getresponse()
        content = answer.read()
        connection.close()
        if raw or "json" not in (answer.getheader("Content-Type") or ""):
            return answer, content
        return answer, json.loads(content)

    def connect(self):
        if self.tls is None:
            return http.client.HTTPConnection(self.address, self.port, timeout=20)
        return http.client.HTTPSConnection(self.address, self.port, timeout=20,
                                           context=ssl.create_default_context(cafile=self.tls))

    def get(self, path, schema, status=200):
        """Asks, and holds the answer against what is documented for it."""
        answer, document = self.ask(path)
        check(answer.status == status, f"{path}: status {answer.status}, not {status}: {document}")
        for problem in API.problems(document, schema if status == 200 else "Error"):
            check(False, f"{path}: {problem}")
        return document

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(timeout=15)
        self.listening.join(timeout=5)
        check(self.process.returncode == 0, f"it ends in order: {self.said}")
