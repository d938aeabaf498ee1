#!/usr/bin/env python3
"""What `tcpdx serve` answers, held against docs/api/openapi.json and against real connections.

usage: serve_test.py TCPDX
"""

import contextlib
import http.client
import json
import os
import pathlib
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.parse

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from serving import API, FAILURES, TCPDX, Server, check  # noqa: E402


def query(**parameters):
    return "?" + urllib.parse.urlencode(parameters)


def with_connections(server, stack):
    """Eight that the peer has closed and this end has not, and one that goes on."""
    listener = stack.enter_context(socket.create_server(("127.0.0.1", 0)))
    port = listener.getsockname()[1]
    for _ in range(8):
        client = socket.create_connection(("127.0.0.1", port))
        accepted = stack.enter_context(listener.accept()[0])
        client.close()
        del accepted
    client = stack.enter_context(socket.create_connection(("127.0.0.1", port)))
    stack.enter_context(listener.accept()[0])
    return port, client.getsockname()[1]


def test_answers(server, port, client_port):
    now = server.get("/api/v1/now", "Now")
    check(now["states"]["CLOSE-WAIT"] >= 8, f"the counts are real: {now['states']}")
    korean, _ = server.ask("/api/v1/now?lang=ko")
    check(korean.status == 200, "Korean is answered")

    listed = server.get("/api/v1/connections" + query(filter=f"state close-wait sport = :{port}"), "Connections")
    check(listed["total"] == 8, f"the filter is that of list: {listed['total']}")
    row = listed["connections"][0]
    check(row["process"].startswith("python") or "pid" in row, f"the owner is there: {row}")
    page = server.get("/api/v1/connections" + query(snapshot=listed["snapshot"], offset=6, limit=5), "Connections")
    check(len(page["connections"]) == 2, "the second page has the rest")
    check(page["connections"][0]["id"] == listed["connections"][6]["id"], "and rows stay where they are")
    by_state = server.get("/api/v1/connections" + query(by="state", filter=f"sport = :{port}"), "Counts")
    check({each["state"]: each["count"] for each in by_state["counts"]}.get("CLOSE-WAIT") == 8, f"{by_state}")
    few = server.get("/api/v1/connections" + query(columns="state,age", sort="-age", limit=3), "Connections")
    check(few["columns"] == ["state", "age"], f"{few['columns']}")

    one = server.get("/api/v1/connections/" + row["id"], "Connection")
    check(one["open"] and one["row"]["state"] == "CLOSE-WAIT", "one connection")
    if now["source"] == "events":
        states = [each["state"] for each in one["life"]["states"]]
        check(states == ["SYN-RECEIVED", "ESTABLISHED", "CLOSE-WAIT"], f"its whole life: {states}")
        check(one["life"]["opener"] == "passive" and one["life"]["first_fin"] == "peer", f"{one['life']}")
    both = server.get("/api/v1/connections" + query(filter=f"dport = :{port} sport = :{client_port}"), "Connections")
    ends = server.get("/api/v1/connections/" + both["connections"][0]["id"], "Connection")
    check(ends["peer"]["where"] == "here", f"both ends are on this host: {ends['peer']}")

    processes = server.get("/api/v1/map", "Map")
    check(len(processes["nodes"]) <= 200, "the map is small enough")
    server.get("/api/v1/explain/close_wait", "ExplainState")
    server.get("/api/v1/explain/close-wait-leak", "ExplainRule")
    server.get("/api/v1/explain/states", "ExplainAll")
    server.get("/api/v1/explain/rules", "ExplainRules")


def test_history(server):
    series = server.get("/api/v1/series" + query(**{"from": "-60", "step": 1}), "Series")
    seen = [count for count in series["states"]["CLOSE-WAIT"] if count is not None]
    check(seen and max(seen) >= 8, f"the chart has them: {seen}")
    lengths = {len(series[name]) for name in ("time_unix_s", "closed", "drops")}
    check(lengths == {len(series["states"]["LISTEN"])}, f"all lists are as long: {lengths}")
    server.get("/api/v1/series", "Series")
    server.get("/api/v1/series" + query(**{"from": "2026-01-01T00:00:00Z", "to": "2026-02-01T00:00:00Z"}), "Series")
    server.get("/api/v1/findings", "Findings")
    with socket.create_server(("127.0.0.1", 0)) as listener:
        for _ in range(3):
            client = socket.create_connection(listener.getsockname())
            accepted = listener.accept()[0]
            accepted.close()
            client.close()
        port = listener.getsockname()[1]
    time.sleep(2.5)
    closed = server.get("/api/v1/closed" + query(port=port), "Closed")
    check(closed["total"] >= 3, f"what has ended is kept: {closed['total']}")
    if closed["connections"]:
        past = server.get("/api/v1/connections/" + closed["connections"][0]["id"], "Connection")
        check(not past["open"] and past["life"]["ending"] == "closed", f"{past}")


def test_past(server):
    """A moment of a while ago: what was there then, and is not any more."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        ends = []
        for _ in range(3):
            client = socket.create_connection(listener.getsockname())
            ends.append((client, listener.accept()[0]))
        time.sleep(1.5)
        then = time.time()
        time.sleep(1.5)
        port = listener.getsockname()[1]
        young = server.get("/api/v1/connections" + query(filter=f"state established sport = :{port}", at=then), "Connections")
        check(young["total"] == 3, f"those that are not in the file yet are there too: {young['total']}")
        for client, accepted in ends:
            client.close()
            accepted.close()
    time.sleep(2.5)
    wanted = f"state established sport = :{port}"
    now = server.get("/api/v1/connections" + query(filter=wanted), "Connections")
    past = server.get("/api/v1/connections" + query(filter=wanted, at=then), "Connections")
    check(now["total"] == 0 and past["total"] == 3, f"now {now['total']}, then {past['total']}")
    check(abs(past["at_unix_s"] - then) < 0.01, f"the answer names the moment: {past['at_unix_s']}")
    rest = server.get("/api/v1/connections" + query(snapshot=past["snapshot"], offset=2), "Connections")
    check(len(rest["connections"]) == 1, "its pages fit together")
    row = past["connections"][0]
    check("recv_q" not in row and row["age_method"] == "watched", f"nothing is made up: {row}")
    check(not server.get("/api/v1/connections/" + row["id"], "Connection")["open"], "its life is known")
    counts = server.get("/api/v1/connections" + query(filter=f"sport = :{port}", by="state", at=then), "Counts")
    check({"state": "ESTABLISHED", "count": 3} in counts["counts"], f"{counts}")
    for moment, connections in ((then, 3), (None, 0)):
        asked = {"filter": f"state established and ( sport = :{port} or dport = :{port} )"}
        asked |= {"at": moment} if moment else {}
        processes = server.get("/api/v1/map" + query(**asked), "Map")
        found = sum(edge["connections"] for edge in processes["edges"])
        check(found == connections, f"the map at {moment}: {processes['edges']}")
    for at, status, error in (("2020-01-01T00:00:00Z", 404, "not-recorded"), (time.time() + 3600, 400, "bad-time"),
                              ("whenever", 400, "bad-time")):
        for path in ("connections", "map"):
            document = server.get(f"/api/v1/{path}" + query(at=at), "Error", status)
            check(document["error"] == error, f"{path} at {at}: {document}")


def test_map_is_fresh(server):
    """Who talks to whom now, not at the last application of the rules."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        client = socket.create_connection(listener.getsockname())
        port = listener.getsockname()[1]
        processes = server.get("/api/v1/map" + query(filter=f"dport = :{port}"), "Map")
        check(sum(edge["connections"] for edge in processes["edges"]) == 1, f"{processes['edges']}")
        client.close()


def test_errors(server):
    for path, error in {
        "/api/v1/connections?filter=state+nonsense": "bad-filter",
        "/api/v1/connections?sort=nonsense": "bad-order",
        "/api/v1/connections?columns=nonsense": "bad-column",
        "/api/v1/connections?limit=0": "bad-number",
        "/api/v1/connections?limit=1001": "bad-number",
        "/api/v1/connections?offset=-1": "bad-number",
        "/api/v1/series?from=yesterday": "bad-time",
        "/api/v1/series?from=-10&to=-20": "bad-time",
        "/api/v1/now?lang=fr": "bad-language",
    }.items():
        document = server.get(path, "Error", 400)
        check(document["error"] == error, f"{path}: {document}")
    check(server.get("/api/v1/connections?snapshot=999", "Error", 410)["error"] == "snapshot-gone", "gone")
    server.get("/api/v1/connections/1-2", "Error", 404)
    server.get("/api/v1/connections/nonsense", "Error", 404)
    server.get("/api/v1/nonsense", "Error", 404)
    server.get("/api/v1/explain/nonsense", "Error", 404)
    server.get("/../etc/passwd", "Error", 404)


def test_safety(server):
    for method in ("POST", "PUT", "DELETE", "PATCH", "OPTIONS"):
        answer, document = server.ask("/api/v1/now", method=method)
        check(answer.status == 405, f"{method} is refused: {answer.status} {document}")
    answer, _ = server.ask("/api/v1/now", headers={"Host": "evil.example"})
    check(answer.status == 403, "another name is refused (DNS rebinding)")
    for name in ("localhost", f"127.0.0.1:{server.port}", f"[::1]:{server.port}", "LOCALHOST:1"):
        answer, _ = server.ask("/api/v1/now", headers={"Host": name})
        check(answer.status == 200, f"{name} is our name")
    answer, _ = server.ask("/", raw=True, headers={"Accept-Encoding": "gzip"})
    check(answer.status == 200, f"there is a page: {answer.status}")
    policy = answer.getheader("Content-Security-Policy") or ""
    check("default-src 'none'" in policy and "unsafe" not in policy, f"a strict policy: {policy}")
    check(answer.getheader("X-Content-Type-Options") == "nosniff", "no guessing of types")
    check(answer.getheader("Access-Control-Allow-Origin") is None, "no other origin")
    answer, _ = server.ask("/login")
    check(answer.status == 303, "no login where there is no token")
    for size in (10_000, 100_000):
        try:
            answer, _ = server.ask("/api/v1/connections?filter=" + "x" * size)
            check(answer.status in (400, 414), f"a long address is refused: {answer.status}")
        except (http.client.RemoteDisconnected, ConnectionResetError, BrokenPipeError):
            pass  # cut off


def test_patience(server):
    """A request that trickles, and one that never ends."""
    slow = socket.create_connection(("127.0.0.1", server.port))
    begun = time.time()
    try:
        for letter in "GET /api/v1/now HTTP/1.1\r\nHost: localhost\r\nX-Slow: " + "x" * 200:
            slow.sendall(letter.encode())
            slow.settimeout(0.2)
            try:
                if slow.recv(1) in (b"", b"H"):
                    break
            except TimeoutError:
                pass
    except OSError:
        pass
    check(8 < time.time() - begun < 14, f"cut off after ten seconds, not {time.time() - begun:.1f}")
    endless = socket.create_connection(("127.0.0.1", server.port))
    endless.sendall(b"GET / HTTP/1.1\r\n")
    sent = 0
    try:
        while sent < 50_000_000:
            sent += endless.send(b"X-Header: 1\r\n" * 1000)
    except OSError:
        pass
    check(sent < 20_000_000, f"cut off after some kilobytes, not {sent}")
    answer, _ = server.ask("/api/v1/now")
    check(answer.status == 200, "and it still answers")


def test_events(server):
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=10)
    connection.request("GET", "/api/v1/events")
    answer = connection.getresponse()
    check(answer.getheader("Content-Type") == "text/event-stream", "a stream of events")
    times, begun = [], time.time()
    # Findings that are new come at once, with the second that is already there.
    while len(set(times)) < 3 and time.time() - begun < 10:
        line = answer.readline().decode().rstrip("\n")
        if line.startswith("data: "):
            document = json.loads(line[6:])
            for problem in API.problems(document, "Now"):
                check(False, f"event: {problem}")
            times.append(document["at_unix_s"])
    connection.close()
    check(len(set(times)) == 3 and times == sorted(times), f"one a second: {times}")
    check(1.0 < times[-1] - times[0] < 4.0, f"one a second: {times}")


def test_metrics(server):
    _, text = server.ask("/metrics", raw=True)
    text = text.decode()
    for state in ("closed", "listen", "syn_sent", "syn_received", "established", "fin_wait_1", "fin_wait_2",
                  "close_wait", "closing", "last_ack", "time_wait"):
        check(f'tcpdx_connections{{state="{state}"}} ' in text, f"{state} is there, even when zero")
    promtool = next((path for path in ("/usr/bin/promtool", "/usr/local/bin/promtool") if os.path.exists(path)), None)
    if promtool:
        linted = subprocess.run([promtool, "check", "metrics"], input=text, capture_output=True, text=True, check=False)
        check(linted.returncode == 0, f"promtool: {linted.stdout}{linted.stderr}")


def test_token(folder):
    token = "0123456789abcdef0123456789abcdef"
    path = pathlib.Path(folder) / "token"
    path.write_text(token + "\n", encoding="ascii")
    path.chmod(0o644)
    refused = subprocess.run([TCPDX, "serve", "--no-history", "--token-file", str(path), "--listen", "127.0.0.1:0"],
                             capture_output=True, text=True, check=False, timeout=10)
    check(refused.returncode == 1 and "chmod" in refused.stderr, f"a token that all can read: {refused.stderr}")
    path.chmod(0o600)
    for options, word in ((["--listen", "0.0.0.0:0"], "token"),
                          (["--listen", "0.0.0.0:0", "--token-file", str(path)], "TLS"),
                          (["--listen", "nonsense"], "address")):
        refused = subprocess.run([TCPDX, "--lang", "en", "serve", "--no-history", *options],
                                 capture_output=True, text=True, check=False, timeout=10)
        check(refused.returncode == 64 and word in refused.stderr, f"{options}: {refused.stderr}")
    server = Server(folder, "--no-history", "--token-file", str(path), "--behind-proxy", listen="0.0.0.0:0")
    time.sleep(1.5)
    check(server.ask("/api/v1/now")[0].status == 401, "without the token: no")
    check(server.ask("/metrics")[0].status == 401, "metrics neither")
    check(server.ask("/", raw=True)[0].status == 303, "the page leads to the login")
    check(server.ask("/api/v1/now", headers={"Authorization": "Bearer " + token[:-1] + "x"})[0].status == 401, "wrong")
    check(server.ask("/api/v1/now", headers={"Authorization": "Bearer " + token})[0].status == 200, "right")
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    answer, _ = server.ask("/login", "POST", form, "token=wrong", raw=True)
    check(answer.getheader("Set-Cookie") is None, "a wrong token is no session")
    answer, _ = server.ask("/login", "POST", form, f"token={token}", raw=True)
    cookie = answer.getheader("Set-Cookie") or ""
    check("HttpOnly" in cookie and "SameSite=Strict" in cookie and "Secure" in cookie, f"cookie: {cookie}")
    session = {"Cookie": cookie.split(";")[0]}
    check(server.ask("/api/v1/now", headers=session)[0].status == 200, "the session enters")
    server.ask("/logout", "POST", session, raw=True)
    check(server.ask("/api/v1/now", headers=session)[0].status == 401, "and not after the logout")
    server.stop()


def test_privileges(server):
    status = pathlib.Path(f"/proc/{server.process.pid}/status").read_text(encoding="ascii")
    fields = dict(line.split(":\t", 1) for line in status.splitlines() if ":\t" in line)
    check(fields["NoNewPrivs"] == "1", "no new privileges")
    # CAP_CHOWN, CAP_KILL, CAP_SETUID, CAP_SYS_MODULE, CAP_SYS_ADMIN
    for bit in (0, 5, 7, 16, 21):
        check(not int(fields["CapEff"], 16) >> bit & 1, f"capability {bit} is given up: {fields['CapEff']}")


def main():
    with tempfile.TemporaryDirectory() as folder, contextlib.ExitStack() as stack:
        server = Server(folder)
        time.sleep(1.2)
        port, client_port = with_connections(server, stack)
        time.sleep(2.5)
        test_answers(server, port, client_port)
        test_history(server)
        test_past(server)
        test_map_is_fresh(server)
        test_errors(server)
        test_safety(server)
        test_events(server)
        test_metrics(server)
        test_privileges(server)
        test_patience(server)
        server.stop()
        test_token(folder)
    sys.exit(1 if FAILURES else 0)


if __name__ == "__main__":
    main()
