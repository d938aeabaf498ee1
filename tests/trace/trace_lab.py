"""What trace scenarios need: the program under test, the packets that really passed, and a check of
one against the other. Builds on the laboratory of the other scenarios."""

import collections
import json
import os
import pathlib
import signal
import struct
import subprocess
import sys
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "scenarios"))
import lab  # noqa: E402
from lab import Unseen  # noqa: E402

FIN, SYN, RST, ACK = 1, 2, 4, 16
Packet = collections.namedtuple("Packet", "time source destination flags")


class Capture:
    """Every TCP packet on loopback, once."""

    def __init__(self):
        self.packets = []
        self.sniffer = lab.Sniffer("lo", self.take)

    def take(self, frame, protocol, nanoseconds):
        data = frame[14:]
        if protocol == 0x0800 and data[9] == 6:
            header = data[(data[0] & 15) * 4:]
        elif protocol == 0x86DD and data[6] == 6:
            header = data[40:]
        else:
            return
        source, destination = struct.unpack("!HH", header[:4])
        self.packets.append(Packet(nanoseconds / 1e9, source, destination, header[13]))

    def stop(self):
        self.sniffer.stop()
        return self.packets


class Program:
    """`tcpdx trace --json` with these arguments, from when it watches until stop()."""

    def __init__(self, *arguments):
        self.process = subprocess.Popen(
            [lab.program(), "trace", "--json", "--lang", "en", *arguments],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        first = self.process.stdout.readline()
        if not first:
            complaint = self.process.stderr.read()
            sys.exit(f"FAILED: no output: {complaint}")
        self.lines = []
        self.reader = threading.Thread(target=self.read, daemon=True)
        self.reader.start()

    def read(self):
        for line in self.process.stdout:
            self.lines.append(json.loads(line))

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        self.reader.join(10)
        complaint = self.process.stderr.read()
        status = self.process.wait(10)
        if status != 0:
            sys.exit(f"FAILED: exit status {status}: {complaint}")
        if "without events" in complaint.lower() or "loading the tracer" in complaint:
            lab.skip("BPF is not usable here")
        return self.lines


class Trace:
    """A scenario's trace: `with Trace() as trace:` around what happens."""

    def __init__(self, *arguments, packets=True):
        self.arguments = arguments
        self.with_packets = packets
        self.steps = []
        self.details = []
        self.lives = []
        self.packets = []
        self.end = {}

    def __enter__(self):
        self.stepping = Program("--details", *self.arguments)
        self.living = Program("--life", *self.arguments)
        self.capture = Capture() if self.with_packets else None
        return self

    def __exit__(self, kind, value, traceback):
        time.sleep(0.15)  # what explains the last step may still come
        lines = self.stepping.stop()
        lives = self.living.stop()
        if self.capture:
            self.packets = self.capture.stop()
        self.steps = [line for line in lines if line["type"] == "step"]
        self.details = [line for line in lines if line["type"] == "detail"]
        self.end = next(line for line in lines if line["type"] == "end")
        self.lives = [line for line in lives if line["type"] == "life"]
        if kind is None:
            self.check_losses()
            self.check_steps()
            self.check_packets()

    # --- what was seen ---------------------------------------------------------------------

    def of(self, records, local, remote=None):
        return [record for record in records if record.get("local_port") == local and
                (remote is None or record.get("remote_port") == remote)]

    def path(self, local, remote=None):
        """The states that this end went through, the first included."""
        steps = self.of(self.steps, local, remote)
        return ([steps[0].get("from", "?")] if steps else []) + [step["to"] for step in steps]

    def step(self, local, state, remote=None):
        for step in self.of(self.steps, local, remote):
            if step["to"] == state:
                return step
        return self.fail(f"port {local} did not become {state}")

    def life(self, local, remote=None):
        lives = self.of(self.lives, local, remote)
        if len(lives) != 1:
            self.fail(f"{len(lives)} lives of port {local} ended, not one")
        return lives[0]

    # --- checks ----------------------------------------------------------------------------

    def fail(self, why):
        for record in self.steps + self.details + self.lives:
            print(json.dumps(record))
        for packet in self.packets:
            print(packet)
        sys.exit(f"FAILED: {why}")

    def expect(self, condition, why):
        if not condition:
            self.fail(why)

    def expect_path(self, local, *states, remote=None):
        path = self.path(local, remote)
        self.expect(path == list(states), f"port {local} went {path}, not {list(states)}")

    def expect_fields(self, record, **fields):
        for key, wanted in fields.items():
            got = record.get(key)
            self.expect(got == wanted, f"{key} is {got!r}, not {wanted!r}, in {record}")

    def check_losses(self):
        self.expect(self.end["lost_changes"] == 0 and self.end["lost_details"] == 0,
                    f"something was lost: {self.end}")

    def check_steps(self):
        """Every step follows the table, and each begins where the last one ended."""
        state = {}
        for step in self.steps:
            if step.get("flaw") == "steps-missed" and step["to"] == "CLOSED":
                raise Unseen(step)
            self.expect("flaw" not in step, f"a step has a flaw: {step}")
            connection = step["connection"]
            if connection in state:
                self.expect(step.get("from") == state[connection],
                            f"a step leaves {step.get('from')} in {state[connection]}: {step}")
            state[connection] = step["to"]

    def check_packets(self):
        """The segments that steps claim to have sent are those that passed, and no others."""
        if not self.with_packets:
            return
        for bit, name in ((SYN, "SYN"), (FIN, "FIN")):
            sent = {(packet.source, packet.destination) for packet in self.packets
                    if packet.flags & (SYN | FIN) & bit and not (bit == SYN and packet.flags & ACK)}
            claimed = {(step["local_port"], step["remote_port"]) for step in self.steps
                       if step.get("sends") == name and "local_port" in step}
            self.expect(claimed <= sent, f"{name} claimed but not sent: {claimed - sent}")
            if not self.arguments:
                self.expect(sent <= claimed, f"{name} sent but not seen: {sent - claimed}")
        resets = {(packet.source, packet.destination) for packet in self.packets
                  if packet.flags & RST}
        claimed = {(detail["local_port"], detail["remote_port"]) for detail in self.details
                   if detail["what"] == "reset-sent" and "local_port" in detail}
        self.expect(claimed == resets, f"resets: seen {claimed}, sent {resets}")
        self.check_times()

    def check_times(self):
        """A SYN leaves when its step says so."""
        for step in self.steps:
            if step.get("sends") != "SYN" or "local_port" not in step:
                continue
            times = [packet.time for packet in self.packets if packet.flags & SYN and
                     (packet.source, packet.destination) ==
                     (step["local_port"], step["remote_port"])]
            distance = min(abs(step["time_us"] / 1e6 - at) for at in times)
            self.expect(distance < 0.05, f"the SYN passed {distance} s off: {step}")


def wait_for(condition, seconds=5):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():
            return True
        time.sleep(0.02)
    return False


def fork(work):
    """Runs `work` in a child process; its pid. The child ends when `work` returns."""
    pid = os.fork()
    if pid == 0:
        try:
            work()
        finally:
            os._exit(0)
    return pid
