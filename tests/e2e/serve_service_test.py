#!/usr/bin/env python3
"""`tcpdx serve` as a service: its configuration, reloading, alerts, and what systemd hears of it.

usage: serve_service_test.py TCPDX
"""

import json
import os
import pathlib
import signal
import socket
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from serving import FAILURES, ROOT, TCPDX, Server, check  # noqa: E402

TOKEN = "0123456789abcdef0123456789abcdef"
OTHER = "fedcba9876543210fedcba9876543210"


def run(*arguments):
    return subprocess.run([TCPDX, "--lang", "en", *arguments], capture_output=True, text=True, check=False, timeout=20)


def written(path, text, mode=0o600):
    path.write_text(text, encoding="utf-8")
    path.chmod(mode)
    return path


def test_configuration(folder):
    path = folder / "tcpdx.conf"
    for text, wrong in (('nonsense = 1\n', "tcpdx.conf:1: there is no setting 'nonsense'"),
                        ('listen = "127.0.0.1:0"\n\n[alerts]\nhold = 3\n', "tcpdx.conf:4:"),
                        ('[nowhere]\nx = 1\n', "tcpdx.conf:1:"),
                        ('[history]\nkeep = "long"\n', "tcpdx.conf:2: history.keep:"),
                        ('listen =\n', "tcpdx.conf:1:")):
        written(path, text)
        for arguments in (("serve", "--config", str(path)), ("config", "check", str(path))):
            refused = run(*arguments)
            check(refused.returncode == 64 and wrong in refused.stderr, f"{arguments} {text!r}: {refused.stderr}")


def test_config_check(folder):
    path = folder / "tcpdx.conf"
    right = run("config", "check", str(ROOT / "packaging/tcpdx.conf"))
    check(right.returncode == 0 and "in order" in right.stdout, f"what the package brings: {right}")
    written(path, f'token_file = "{folder}/absent"\n')
    wrong = run("config", "check", str(path))
    check(wrong.returncode == 64 and "absent: No such file" in wrong.stderr, f"a token that is not there: {wrong}")
    written(path, 'listen = "0.0.0.0:9669"\n')
    wrong = run("config", "check", str(path))
    check(wrong.returncode == 64 and "token" in wrong.stderr, f"settings that do not go together: {wrong}")
    check(run("config", "check", str(folder)).returncode == 64, "a folder is no configuration")
    check(run("config", "check", str(folder / "nowhere")).returncode == 64, "a file that was named has to be there")
    check(run("config").returncode == 64, "config alone does nothing")


def status_of(server, path, token):
    return server.ask(path, headers={"Authorization": "Bearer " + token})[0].status


def test_reload(folder):
    """SIGHUP takes over all that can change, all or nothing, and names what needs a restart."""
    token = written(folder / "token", TOKEN)
    told = folder / "told"
    command = written(folder / "page", f'#!/bin/sh\necho "$TCPDX_ALERT $TCPDX_RULE" >>{told}\n', 0o755)
    path = written(folder / "tcpdx.conf", f'token_file = "{token}"\n')
    server = Server(folder, "--config", str(path))
    time.sleep(1.2)
    reload = lambda: server.process.send_signal(signal.SIGHUP)  # noqa: E731
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    session = {"Cookie": server.ask("/login", "POST", form, f"token={TOKEN}", raw=True)[0].getheader("Set-Cookie").split(";")[0]}
    check(status_of(server, "/api/v1/now", TOKEN) == 200, "the token of the start")
    check(server.ask("/api/v1/now", headers=session | {"Host": "tcpdx.example"})[0].status == 403, "another name")

    written(path, f'token_file = "{token}"\nhosts = ["tcpdx.example"]\n[alerts]\ncommand = "{command}"\nhold = "0s"\n'
                  'least = "information"\n')
    with socket.create_server(("0.0.0.0", 0)):
        reload()
        server.says("holds from now on")
        check(server.ask("/api/v1/now", headers=session | {"Host": "tcpdx.example"})[0].status == 200, "the new name")
        check(server.ask("/api/v1/now", headers=session)[0].status == 200, "the session goes on with the same token")
        end = time.time() + 40  # the rules are applied every ten seconds, on a slow machine less often
        while time.time() < end and not told.exists():
            time.sleep(0.2)
        check(told.exists(), "alerts go to the command from now on")

    written(token, OTHER)
    reload()
    server.says("holds from now on")
    check(status_of(server, "/api/v1/now", OTHER) == 200, "the new token")
    check(status_of(server, "/api/v1/now", TOKEN) == 401, "and not the old one")
    check(server.ask("/api/v1/now", headers=session)[0].status == 401, "which has ended its sessions")

    # A file with a mistake changes nothing, and neither does one that names files that are not there.
    for text, said in (('nonsense = 1\n', "tcpdx.conf:1:"), (f'token_file = "{folder}/absent"\nhosts = []\n', "absent")):
        written(path, text)
        reload()
        server.says(said)
        server.says("stays as it was")
        answer = server.ask("/api/v1/now", headers={"Authorization": "Bearer " + OTHER, "Host": "tcpdx.example"})[0]
        check(answer.status == 200, f"nothing has changed: {answer.status}")

    written(path, f'token_file = "{token}"\nall_netns = true\n[history]\nkeep = "1d"\noff = true\n')
    reload()
    server.says("holds from now on")
    server.says("needs a restart", "'all_netns'")
    server.says("needs a restart", "'history.off'")
    check(status_of(server, "/api/v1/now", OTHER) == 200, "and it goes on")
    server.stop()


def test_alerts(folder):
    """A finding that is always there, told to a command once."""
    told = folder / "told"
    told.unlink(missing_ok=True)
    command = written(folder / "page", f'#!/bin/sh\necho "$TCPDX_ALERT $TCPDX_RULE" >>{told}\ncat >>{told}.json\n', 0o755)
    path = written(folder / "alerts.conf",
                   f'[history]\noff = true\n[alerts]\ncommand = "{command}"\nhold = "0s"\nleast = "information"\n')
    with socket.create_server(("0.0.0.0", 0)):
        server = Server(folder, "--config", str(path))
        time.sleep(4)
        server.process.send_signal(signal.SIGHUP)
        server.says("read again")
        server.stop()
    lines = told.read_text(encoding="ascii").splitlines() if told.exists() else []
    check(lines.count("started listener-all-addresses") == 1, f"told once: {lines}")
    if told.exists():
        text = (told.parent / "told.json").read_text(encoding="utf-8")
        alert, _ = json.JSONDecoder().raw_decode(text)
        check(alert["schema"] == "tcpdx.alert/1" and alert["finding"]["evidence"], f"{alert}")


class Manager:
    """As systemd listens."""

    def __init__(self, address):
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(address)
        self.socket.settimeout(8)

    def hears(self):
        try:
            return self.socket.recv(4096).decode()
        except TimeoutError:
            return "nothing"


def test_notifications(folder):
    for address, name in ((f"{folder}/notify", f"{folder}/notify"), (f"\0tcpdx-test-{os.getpid()}", f"@tcpdx-test-{os.getpid()}")):
        manager = Manager(address)
        server = Server(folder, "--no-history", environment={"NOTIFY_SOCKET": name, "WATCHDOG_USEC": "2000000"})
        ready = manager.hears()
        check(ready.startswith("READY=1") and f":{server.port}/" in ready, f"it says when it is ready, and where: {ready}")
        times = []
        while len(times) < 3:
            heard = manager.hears()
            check(heard == "WATCHDOG=1", f"and then that it is alive: {heard}")
            times.append(time.time())
        check(times[-1] - times[0] < 4, f"twice as often as it has to: {times}")
        server.process.send_signal(signal.SIGHUP)
        heard = [manager.hears() for _ in range(3)]
        heard = [each for each in heard if each != "WATCHDOG=1"][:2]
        check(heard[0].startswith("RELOADING=1\nMONOTONIC_USEC=") and heard[1].startswith("READY=1"), f"{heard}")
        server.process.send_signal(signal.SIGTERM)
        heard = manager.hears()
        while heard == "WATCHDOG=1":
            heard = manager.hears()
        check(heard == "STOPPING=1", f"{heard}")
        server.process.wait(timeout=15)
    # The watchdog of another process is none of ours, and a socket that nobody has is no trouble.
    manager = Manager(f"{folder}/another")
    server = Server(folder, "--no-history", environment={"NOTIFY_SOCKET": f"{folder}/another", "WATCHDOG_USEC": "100000",
                                                         "WATCHDOG_PID": "1"})
    check(manager.hears().startswith("READY=1"), "ready")
    manager.socket.settimeout(2.5)
    check(manager.hears() == "nothing", "no watchdog")
    server.stop()
    Server(folder, "--no-history", environment={"NOTIFY_SOCKET": f"{folder}/nobody"}).stop()


def test_unit():
    """What systemd says of the unit, where it is there to be asked."""
    unit = ROOT / "packaging/systemd/tcpdx.service"
    text = unit.read_text(encoding="utf-8")
    check("Type=notify" in text and "WatchdogSec=" in text, "the unit has what serve tells")
    verified = subprocess.run(["systemd-analyze", "verify", str(unit)], capture_output=True, text=True, check=False)
    lines = [line for line in verified.stderr.splitlines() if "is not executable" not in line and "tcpdx" in line and "man tcpdx" not in line]
    check(not lines, f"systemd-analyze: {lines}")


def main():
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        test_configuration(folder)
        test_config_check(folder)
        test_reload(folder)
        test_alerts(folder)
        test_notifications(folder)
        if pathlib.Path("/usr/bin/systemd-analyze").exists():
            test_unit()
    sys.exit(1 if FAILURES else 0)


if __name__ == "__main__":
    main()
