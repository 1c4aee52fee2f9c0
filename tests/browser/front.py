"""What stands before a server in a browser test: passes on what browsers send, keeps it, and plays an evil sibling."""

import re
import socket
import ssl
import subprocess
import threading
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

_HEAD = re.compile(rb"([A-Z]+) (\S+) HTTP/1\.1\r\n((?:[^\r\n]+\r\n)+)\r\n")


class Head(NamedTuple):
    """The head of a request as it came."""

    method: str
    target: str
    fields: dict[str, str]


class Front:
    """A proxy in threads, over TLS if it has a certificate.

    Hosts that begin with `evil.` it answers itself, with the cookies in `tossed`.
    """

    def __init__(self, server_port: int, certificate: Path | None) -> None:
        """Listen on a free port."""
        self.tossed: list[bytes] = []
        self.heads: list[Head] = []
        """What was asked of the server and of the evil sibling until now."""
        self._server_port = server_port
        self._tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER) if certificate else None
        if self._tls is not None and certificate is not None:
            self._tls.load_cert_chain(certificate)
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listening.getsockname()[1])
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        """Take no more connections."""
        self._listening.close()

    def _keep(self, unread: bytearray) -> None:
        """Note the heads that are whole, in the order in which they came."""
        end = 0
        for found in _HEAD.finditer(bytes(unread)):
            fields = [line.partition(b": ") for line in found[3].split(b"\r\n") if line]
            named = {name.decode().lower(): value.decode("latin-1") for name, _, value in fields}
            self.heads.append(Head(found[1].decode(), found[2].decode(), named))
            end = found.end()
        del unread[:end]

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listening.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        try:
            if self._tls is not None:
                client = self._tls.wrap_socket(client, server_side=True)
            sent = bytearray()
            while b"\r\n\r\n" not in sent:
                piece = client.recv(65536)
                if not piece:
                    return
                sent += piece
            first = bytes(sent)
            self._keep(sent)
            if re.search(rb"\r\nhost: evil\.", first, re.IGNORECASE):
                client.sendall(self._evil())
            else:
                self._pass_on(client, first, sent)
        except OSError:
            pass  # the browser went away, as it likes to
        finally:
            client.close()

    def _evil(self) -> bytes:
        lines = b"".join(b"Set-Cookie: %b\r\n" % cookie for cookie in self.tossed)
        head = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nConnection: close\r\nContent-Length: 4\r\n"
        return head + lines + b"\r\nevil"

    def _pass_on(self, client: socket.socket, first: bytes, unread: bytearray) -> None:
        def keep(piece: bytes) -> None:
            unread.extend(piece)
            self._keep(unread)

        with socket.create_connection(("127.0.0.1", self._server_port)) as server:
            server.sendall(first)
            back = threading.Thread(target=_pump, args=(server, client, lambda piece: None), daemon=True)
            back.start()
            _pump(client, server, keep)
            back.join()


def _pump(source: socket.socket, into: socket.socket, keep: Callable[[bytes], None]) -> None:
    try:
        while piece := source.recv(65536):
            keep(piece)
            into.sendall(piece)
        into.shutdown(socket.SHUT_WR)
    except OSError:
        pass  # one side went away; the other is closed with it


def certificate(folder: Path, domain: str) -> Path:
    """A certificate for everything below a domain, with its key, signed by nobody."""
    made = folder / "certificate.pem"
    command = [
        "openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
        "-subj", f"/CN={domain}", "-addext", f"subjectAltName=DNS:{domain},DNS:*.{domain}", "-keyout", str(made),
        "-out", str(folder / "public.pem"),
    ]  # fmt: skip
    subprocess.run(command, check=True, capture_output=True)
    made.write_text(made.read_text() + (folder / "public.pem").read_text())
    return made
