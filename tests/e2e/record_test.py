#!/usr/bin/env python3
"""What becomes of a history when its recorder is killed under load, and when its disk is full.

usage: record_test.py TCPDX [KILLS]

Without privilege the recorder takes samples, and the same holds. The disk that is full is a small
tmpfs in a mount namespace of its own; that part needs root.
"""

import os
import pathlib
import random
import signal
import socket
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time

TCPDX = sys.argv[1]
KILLS = int(sys.argv[2]) if len(sys.argv) > 2 else 20
# The last second, and what a busy machine adds to it.
MOST_LOST = 1.0 + 0.7


def check(condition, what):
    if not condition:
        print(f"FAILED: {what}")
        sys.exit(1)


class Load:
    """Connections over loopback, opened and closed as fast as one thread can."""

    def __init__(self):
        self.listener = socket.socket()
        self.listener.bind(("127.0.0.1", 0))
        self.listener.listen(100)
        self.going = True
        self.threads = [threading.Thread(target=run, daemon=True) for run in (self.serve, self.connect)]
        for thread in self.threads:
            thread.start()

    def serve(self):
        while self.going:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            connection.close()

    def connect(self):
        while self.going:
            try:
                with socket.create_connection(self.listener.getsockname()) as connection:
                    connection.recv(1)
            except OSError:
                pass
            time.sleep(0.001)

    def stop(self):
        self.going = False
        self.listener.close()


def record(history, *options):
    return subprocess.Popen([TCPDX, "--lang", "en", "record", "--history", str(history), *options],
                            stderr=subprocess.PIPE, text=True)


def look(history, query):
    with sqlite3.connect(f"file:{history}?mode=ro", uri=True) as database:
        return database.execute(query).fetchall()


def killed_again_and_again(folder):
    history = folder / "killed.db"
    load = Load()
    lost = []
    for kill in range(KILLS):
        recorder = record(history)
        time.sleep(random.uniform(0.05, 1.5) if kill % 4 else 2.5)
        recorder.send_signal(signal.SIGKILL)
        killed = time.time()
        said = recorder.communicate()[1]
        check(kill < 2 or "without a word" in said or not said,
              f"start {kill} says that the one before was killed, but: {said}")
        if not history.exists():
            continue
        check(look(history, "PRAGMA integrity_check") == [("ok",)], f"the file is sound after kill {kill}")
        if kill % 4 == 0:
            alive = look(history, "SELECT alive_us FROM run ORDER BY id DESC LIMIT 1")[0][0] / 1e6
            lost.append(killed - alive)
    load.stop()
    check(max(lost) < MOST_LOST, f"at most the last second is lost, but: {max(lost):.2f} s")
    # What a second's totals count as ended is in the file one by one: both or neither.
    counted = look(history, "SELECT sum(closed) FROM sample WHERE step = 1")[0][0]
    kept = look(history, "SELECT count(*) FROM connection JOIN run ON run.id = run WHERE ending <> 10 AND "
                "connection.ended_us <= alive_us")[0][0]
    kept += look(history, "SELECT total(lives) FROM brief JOIN run ON run.id = run WHERE last_ended_us <= alive_us")[0][0]
    check(counted > 0, "something was recorded")
    check(abs(counted - kept) <= counted * 0.01 + 5, f"{counted} ended connections counted, {kept} kept")
    runs = look(history, "SELECT count(*) FROM run")[0][0]
    crashes = look(history, "SELECT count(*) FROM gap WHERE reason = 'crashed'")[0][0]
    check(crashes == runs - 1, f"{runs} runs, {crashes} gaps between them")
    print(f"{KILLS} kills, {runs} of them while recording, {kept} connections kept; "
          f"lost at most {max(lost):.2f} s, integrity ok")


def ended_in_order(folder):
    history = folder / "ended.db"
    for _ in range(2):
        recorder = record(history)
        time.sleep(1.5)
        recorder.send_signal(signal.SIGTERM)
        said = recorder.communicate(timeout=10)[1]
        check(recorder.returncode == 0, f"a recorder that is told to end does so: {said}")
    check("Nothing was recorded for" in said, f"the second one tells the gap: {said}")
    check([row[0] for row in look(history, "SELECT reason FROM gap")] == ["not-running"], "and keeps it")
    first, second = record(history), None
    time.sleep(0.7)
    second = record(history)
    said = second.communicate(timeout=10)[1]
    check(second.returncode == 1 and "already" in said, f"a second recorder is refused: {said}")
    first.send_signal(signal.SIGTERM)
    first.communicate()


def looked_back_at(folder):
    """What a connection was like, after it has ended."""
    history = folder / "past.db"

    def past(*options):
        return subprocess.run([TCPDX, "--lang", "en", "history", "--history", str(history), *options],
                              capture_output=True, text=True, check=False)

    recorder = record(history)
    time.sleep(1)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        client = socket.create_connection(("127.0.0.1", port))
        accepted = listener.accept()[0]
        client.close()
        time.sleep(2.5)
        then = time.time() - 1
        accepted.close()
        time.sleep(2.5)
    recorder.send_signal(signal.SIGTERM)
    said = recorder.communicate(timeout=10)[1]
    if "Without events" in said:
        return
    rows = past("--at", f"{then:.3f}", "list", "state", "close-wait", "sport", "=", f":{port}", "--no-header").stdout
    check(rows.count("\n") == 1 and "CLOSE-WAIT" in rows and "python3" in rows, f"it was in CLOSE-WAIT: {rows!r}")
    counts = past("--at", f"{then:.3f}", "by", "state", "--no-header").stdout
    check("CLOSE-WAIT" in counts, f"counts of then: {counts}")
    lives = past("--between", f"{then - 5:.3f}", "now", "list", f"sport = :{port}", "--no-header").stdout
    check("closed normally" in lives and "CLOSE-WAIT" in lives, f"its whole life: {lives}")
    never = past("--at", "2001-01-01T00:00:00Z")
    check(never.returncode == 3 and "Nothing was recorded then" in never.stdout, f"silence is no health: {never}")
    check(past("--at", "nonsense").returncode == 64, "a time that is none")
    check(past("by", "state").returncode == 64, "counts need a moment")
    print("looked back at a connection that has ended")


def disk_full():
    """In a mount namespace of its own, as this script again."""
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run(["mount", "-t", "tmpfs", "-o", "size=6m", "tcpdx-full", folder], check=True)
        history = pathlib.Path(folder) / "history.db"
        load = Load()
        recorder = record(history)
        time.sleep(3)
        filler = pathlib.Path(folder) / "filler"
        with open(filler, "wb", buffering=0) as file:
            try:
                while True:
                    file.write(bytes(4096))
            except OSError:
                pass
        time.sleep(14)
        check(recorder.poll() is None, "a full disk does not end the recorder")
        filler.unlink()
        time.sleep(12)
        recorder.send_signal(signal.SIGTERM)
        said = recorder.communicate(timeout=10)[1]
        load.stop()
        check("disk is full" in said, f"it says that the disk is full: {said}")
        check("recording goes on" in said, f"and that it goes on: {said}")
        check(look(history, "PRAGMA integrity_check") == [("ok",)], "the file is sound")
        reasons = [row[0] for row in look(history, "SELECT reason FROM gap")]
        check(reasons == ["disk-full"], f"the gap is kept: {reasons}")
        subprocess.run(["umount", "-l", folder], check=True)
    print("disk full: stopped, said so, went on; the gap is in the history")


def main():
    if os.environ.get("TCPDX_DISK_FULL"):
        disk_full()
        return
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        ended_in_order(folder)
        looked_back_at(folder)
        killed_again_and_again(folder)
    if os.geteuid() == 0:
        status = subprocess.run(["unshare", "-m", sys.executable, *sys.argv],
                                env={**os.environ, "TCPDX_DISK_FULL": "1"}, check=False).returncode
        check(status == 0, "a full disk is survived")


if __name__ == "__main__":
    main()
