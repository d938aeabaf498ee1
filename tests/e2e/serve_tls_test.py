#!/usr/bin/env python3
"""`tcpdx serve` where others can reach it: TLS, the token, names, and clients that mean no good.

usage: serve_tls_test.py TCPDX

As root, in a network namespace of its own with an address that is not the loopback's. Needs openssl and curl.
"""

import concurrent.futures
import os
import pathlib
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from serving import FAILURES, TCPDX, Server, check  # noqa: E402

ADDRESS = "192.0.2.7"
ADDRESS6 = "2001:db8::7"
TOKEN = "0123456789abcdef0123456789abcdef"
BEARER = {"Authorization": "Bearer " + TOKEN}


def openssl(*arguments, folder):
    subprocess.run(["openssl", *arguments], check=True, capture_output=True, cwd=folder)


class Certificates:
    """Signed by themselves. A new key each time."""

    def __init__(self, folder):
        self.folder = folder
        (folder / "ca.conf").write_text(
            "[ca]\ndefault_ca = all\n[all]\ndatabase = index.txt\nserial = serial\nnew_certs_dir = .\ndefault_md = sha256\n"
            "policy = any\nunique_subject = no\nx509_extensions = names\n[any]\ncommonName = supplied\n"
            f"[names]\nsubjectAltName = IP:{ADDRESS},IP:{ADDRESS6},IP:127.0.0.1,DNS:tcpdx.example\n", encoding="ascii")
        (folder / "index.txt").touch()
        (folder / "serial").write_text("01\n", encoding="ascii")

    def make(self, name, begin="20200101000000Z", end="20990101000000Z"):
        openssl("ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", f"{name}.key", folder=self.folder)
        openssl("req", "-new", "-key", f"{name}.key", "-subj", f"/CN={name}", "-out", f"{name}.csr", folder=self.folder)
        openssl("ca", "-batch", "-selfsign", "-notext", "-config", "ca.conf", "-keyfile", f"{name}.key", "-in", f"{name}.csr",
                "-startdate", begin, "-enddate", end, "-out", f"{name}.pem", folder=self.folder)
        return self.folder / f"{name}.pem", self.folder / f"{name}.key"


def curl(*arguments):
    return subprocess.run(["curl", "-sS", "-m", "10", *arguments], capture_output=True, text=True, check=False)


def test_files(folder, certificates):
    """What cannot be used is said, with the file and why."""
    certificate, key = certificates.make("right")
    _, other = certificates.make("other")
    openssl("ec", "-in", str(key), "-aes128", "-passout", "pass:secret", "-out", "locked.key", folder=folder)
    nothing = folder / "nothing.pem"
    nothing.write_text("nothing\n", encoding="ascii")
    base = ("serve", "--no-history", "--listen", f"{ADDRESS}:0", "--token-file", str(folder / "token"))
    for pem, wanted_key, words in ((folder / "absent.pem", key, ("reading the certificate", "absent.pem", "No such file")),
                                   (nothing, key, ("there is none in this file", "nothing.pem")),
                                   (certificate, folder / "absent.key", ("reading the key", "absent.key", "No such file")),
                                   (certificate, nothing, ("reading the key", "there is none in this file")),
                                   (certificate, other, ("belongs to another certificate", "other.key")),
                                   (certificate, folder / "locked.key", ("encrypted with a password", "locked.key"))):
        refused = subprocess.run([TCPDX, "--lang", "en", *base, "--certificate", str(pem), "--key", str(wanted_key)],
                                 capture_output=True, text=True, check=False, timeout=10, stdin=subprocess.DEVNULL)
        check(refused.returncode == 1 and all(word in refused.stderr for word in words), f"{words}: {refused}")
    alone = subprocess.run([TCPDX, "--lang", "en", *base, "--certificate", str(certificate)], capture_output=True, text=True,
                           check=False, timeout=10)
    check(alone.returncode == 64 and "both" in alone.stderr, f"a certificate without its key: {alone}")


def test_dates(folder, certificates):
    """One that is not valid is served all the same, and told."""
    soon = time.strftime("%Y%m%d%H%M%SZ", time.gmtime(time.time() + 5 * 86400))
    for name, begin, end, word in (("expired", "20200101000000Z", "20210101000000Z", "has expired at 2021-01-01T00:00:00Z"),
                                   ("early", "20900101000000Z", "20910101000000Z", "not valid before 2090-01-01T00:00:00Z"),
                                   ("soon", "20200101000000Z", soon, "expires at"),
                                   ("right", "20200101000000Z", "20990101000000Z", None)):
        certificate, key = certificates.make(name, begin, end)
        server = Server(folder, "--no-history", "--token-file", str(folder / "token"), "--certificate", str(certificate),
                        "--key", str(key), listen=f"{ADDRESS}:0", address=ADDRESS, tls=certificate)
        said = "".join(server.said)
        check(word in said if word else "certificate" not in said, f"{name}: {said}")
        server.stop()


def test_tls(server, certificate, folder):
    url = f"https://{ADDRESS}:{server.port}/"
    trusting = ("--cacert", str(certificate))
    token = ("-H", f"Authorization: Bearer {TOKEN}")
    answer = curl(*trusting, *token, "-w", "%{http_code}", "-o", "/dev/null", url + "api/v1/now")
    check(answer.stdout == "200", f"with the certificate and the token: {answer}")
    answer = curl(*trusting, "-w", "%{http_code}", "-o", "/dev/null", url + "api/v1/now")
    check(answer.stdout == "401", f"without the token: {answer}")
    check(curl(*token, url + "api/v1/now").returncode == 60, "who does not know the certificate does not go on")
    check(curl(*trusting, "--tls-max", "1.1", url).returncode != 0, "nothing older than TLS 1.2")
    plain = curl(f"http://{ADDRESS}:{server.port}/api/v1/now")
    check(plain.returncode != 0 and not plain.stdout, f"nothing without TLS: {plain}")
    answer = curl(*trusting, *token, f"https://127.0.0.1:{server.port}/")
    check(answer.returncode == 7, f"only on its address: {answer}")

    form = {"Content-Type": "application/x-www-form-urlencoded"}
    login, _ = server.ask("/login", "POST", form, f"token={TOKEN}", raw=True)
    check("; Secure" in login.getheader("Set-Cookie"), "the cookie is for TLS only")

    names = ("--resolve", f"tcpdx.example:{server.port}:{ADDRESS}", "-w", "%{http_code}", "-o", "/dev/null")
    answer = curl(*trusting, *token, *names, f"https://tcpdx.example:{server.port}/api/v1/now")
    check(answer.stdout == "200", f"by the name of --host: {answer}")
    for host, status in (("evil.example", 403), ("tcpdx.example.evil.example", 403), ("", 403), (f"{ADDRESS}:1", 200),
                         ("TCPDX.example", 200)):
        got = server.ask("/api/v1/now", headers=BEARER | {"Host": host})[0].status
        check(got == status, f"Host: {host}: {got}")


def test_renewal(server, folder, certificates):
    """A renewed certificate is taken over without a restart; one that is broken is not."""
    seen = lambda: ssl.get_server_certificate((ADDRESS, server.port))  # noqa: E731
    before = seen()
    certificate, key = certificates.make("renewed")
    (folder / "now.pem").write_bytes(certificate.read_bytes())
    server.process.send_signal(signal.SIGHUP)
    server.says("belongs to another certificate")
    server.says("stays as it was")
    check(seen() == before, "half a renewal changes nothing")
    (folder / "now.key").write_bytes(key.read_bytes())
    server.process.send_signal(signal.SIGHUP)
    server.says("holds from now on")
    check(seen() != before, "the renewed one is served")
    server.tls = certificate
    check(server.ask("/api/v1/now", headers=BEARER)[0].status == 200, "and it answers")


def lasts(sock, seconds):
    """How long until the other end closes, at most so many seconds."""
    begun = time.time()
    sock.settimeout(seconds)
    try:
        while sock.recv(4096):
            pass
    except TimeoutError:
        pass
    except OSError:
        pass
    return time.time() - begun


def test_patience(server):
    """Handshakes and requests that never end, side by side, and it answers others meanwhile."""
    def silent():
        with socket.create_connection((ADDRESS, server.port)) as sock:
            return "a handshake that does not begin", lasts(sock, 20)

    def half_a_handshake():
        with socket.create_connection((ADDRESS, server.port)) as sock:
            sock.sendall(bytes.fromhex("160301020001"))
            return "half a handshake", lasts(sock, 20)

    def over_tls(what, begin, then):
        context = ssl.create_default_context(cafile=server.tls)
        with context.wrap_socket(socket.create_connection((ADDRESS, server.port)), server_hostname=ADDRESS) as sock:
            sock.sendall(begin)
            begun = time.time()
            try:
                while time.time() - begun < 20:
                    sock.sendall(then)
                    sock.settimeout(0.3)
                    try:
                        if not sock.recv(1000):
                            break
                    except TimeoutError:
                        pass
            except OSError:
                pass
            return what, time.time() - begun

    trickle = b"GET /api/v1/now HTTP/1.1\r\nHost: localhost\r\nX-Slow: "
    post = b"POST /login HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\ntoken="
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        tried = [pool.submit(silent), pool.submit(half_a_handshake), pool.submit(over_tls, "a slow header", trickle, b"x"),
                 pool.submit(over_tls, "a slow body", post, b"x")]
        time.sleep(1)
        check(server.ask("/api/v1/now", headers=BEARER)[0].status == 200, "others are answered meanwhile")
        for each in tried:
            what, seconds = each.result()
            check(7 < seconds < 15, f"{what} is cut off after ten seconds, not {seconds:.1f}")
        what, seconds = over_tls("a huge header", b"GET / HTTP/1.1\r\n", b"X-Header: 1\r\n" * 500)
        check(seconds < 8, f"{what} is cut off at once: {seconds:.1f}")
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    try:
        answer, _ = server.ask("/login", "POST", form, "token=" + "x" * 100_000, raw=True)
        check(answer.status in (400, 413), f"a huge body: {answer.status}")
    except OSError:
        pass  # cut off


def test_crowd(server):
    """Somebody who opens connections and leaves them so does not keep others out."""
    idle = []
    for _ in range(120):
        try:
            idle.append(socket.create_connection((ADDRESS, server.port), timeout=2))
        except OSError:
            break
    time.sleep(0.5)
    # From another address of the host, as another client.
    connection = server.connect()
    connection.source_address = ("198.51.100.9", 0)
    begun = time.time()
    connection.request("GET", "/api/v1/now", headers=BEARER)
    status = connection.getresponse().status
    check(status == 200 and time.time() - begun < 3, f"another client is answered: {status} after {time.time() - begun:.1f} s")
    connection.close()
    for sock in idle:
        sock.close()


def test_behind_proxy(folder):
    server = Server(folder, "--no-history", "--token-file", str(folder / "token"), "--behind-proxy", "--host", "tcpdx.example",
                    listen=f"{ADDRESS}:0", address=ADDRESS)
    time.sleep(1.2)
    check(server.ask("/api/v1/now")[0].status == 401, "the token is needed behind a proxy too")
    proxied = BEARER | {"Host": "tcpdx.example", "X-Forwarded-For": "203.0.113.9", "X-Forwarded-Proto": "https"}
    check(server.ask("/api/v1/now", headers=proxied)[0].status == 200, "what the proxy passes on is answered")
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    answer, _ = server.ask("/login", "POST", form, f"token={TOKEN}", raw=True)
    check("; Secure" in answer.getheader("Set-Cookie"), "the browser sees TLS, and so does the cookie")
    server.stop()


def test_ipv6(folder, certificate, key):
    server = Server(folder, "--no-history", "--token-file", str(folder / "token"), "--certificate", str(certificate),
                    "--key", str(key), listen=f"[{ADDRESS6}]:0", address=ADDRESS6, tls=certificate)
    check(f"https://[{ADDRESS6}]:" in "".join(server.said), f"{server.said}")
    time.sleep(1.2)
    check(server.ask("/api/v1/now", headers=BEARER)[0].status == 200, "over IPv6")
    server.stop()


def inside():
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    for address in (f"{ADDRESS}/32", "198.51.100.9/32"):
        subprocess.run(["ip", "address", "add", address, "dev", "lo"], check=True)
    subprocess.run(["ip", "address", "add", f"{ADDRESS6}/128", "dev", "lo", "nodad"], check=True)
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        (folder / "token").write_text(TOKEN + "\n", encoding="ascii")
        (folder / "token").chmod(0o600)
        certificates = Certificates(folder)
        test_files(folder, certificates)
        test_dates(folder, certificates)
        certificate, key = certificates.make("first")
        shutil.copy(certificate, folder / "now.pem")
        shutil.copy(key, folder / "now.key")
        server = Server(folder, "--token-file", str(folder / "token"), "--certificate", str(folder / "now.pem"), "--key",
                        str(folder / "now.key"), "--host", "tcpdx.example", listen=f"{ADDRESS}:0", address=ADDRESS,
                        tls=certificate)
        time.sleep(1.2)
        test_tls(server, certificate, folder)
        test_patience(server)
        test_crowd(server)
        test_renewal(server, folder, certificates)
        server.stop()
        test_behind_proxy(folder)
        test_ipv6(folder, certificate, key)
    sys.exit(1 if FAILURES else 0)


def main():
    if os.geteuid() != 0 or not all(shutil.which(program) for program in ("openssl", "curl", "unshare", "ip")):
        sys.exit(77)
    if len(sys.argv) > 2:
        inside()
    sys.exit(subprocess.run(["unshare", "--net", sys.executable, "-B", *sys.argv, "inside"], check=False).returncode)


if __name__ == "__main__":
    main()
