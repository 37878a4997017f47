"""Real servers on loopback that take what is sent: mail by SMTP, webhooks by HTTP."""

from __future__ import annotations

import json
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, LoginPassword
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

USER, PASSWORD = "mandje", "a mail server's secret"


@dataclass
class MailServer:
    """What came: `mails`; `refused` addresses get an error in place of it."""

    port: int = 0
    mails: list[EmailMessage] = field(default_factory=list)
    refused: set[str] = field(default_factory=set)

    async def handle_RCPT(  # noqa: N802  as the library names it
        self, _server: Any, _session: Any, envelope: Any, address: str, _options: Any
    ) -> str:
        if address in self.refused:
            return "550 no such mailbox"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802
        self.mails.append(message_from_bytes(envelope.content, policy=default))  # type: ignore[arg-type]
        return "250 OK"

    def text(self) -> str:
        """The body of the one mail that came."""
        (mail,) = self.mails
        body = mail.get_body(("plain", "html"))
        assert body is not None
        return str(body.get_content())


class _AnyPort(Controller):
    """Looks whether it answers at the port that it was given, not at the one it asked for."""

    def _trigger_server(self) -> None:
        self.port = self.server.sockets[0].getsockname()[1]
        super()._trigger_server()


@contextmanager
def mail_server(certificate: Path | None = None, *, login: bool = False) -> Iterator[MailServer]:
    """One that runs meanwhile; with a certificate it offers STARTTLS, and wants a login where told."""
    box = MailServer()
    controller = _AnyPort(
        box,
        hostname="127.0.0.1",
        port=0,
        tls_context=_context(certificate) if certificate else None,
        auth_required=login,
        auth_require_tls=certificate is not None,
        authenticator=_authenticate,
        ready_timeout=20,
    )
    controller.start()
    try:
        box.port = controller.port
        yield box
    finally:
        controller.stop()


def _authenticate(*given: Any) -> AuthResult:
    known = LoginPassword(USER.encode(), PASSWORD.encode())
    return AuthResult(success=given[-1] == known, handled=False)  # the library answers


def _context(certificate: Path) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    return context


def make_certificate(path: Path) -> Path:
    """Key and certificate of `localhost`, signed by itself."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    signed = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    form = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    path.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, *form) + signed.public_bytes(serialization.Encoding.PEM)
    )
    return path


@dataclass
class Webhook:
    """What came: `notices` as JSON; `answers` are given in turn, 200 after the last."""

    address: str = ""
    notices: list[dict[str, Any]] = field(default_factory=list)
    answers: list[int] = field(default_factory=list)


@contextmanager
def webhook(*answers: int) -> Iterator[Webhook]:
    """One that runs meanwhile."""
    hook = Webhook(answers=list(answers))

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            assert self.headers["Content-Type"] == "application/json"
            code = hook.answers.pop(0) if hook.answers else 200
            body = self.rfile.read(int(self.headers["Content-Length"]))
            if code == 200:
                hook.notices.append(json.loads(body))
            self.send_response(code)
            self.send_header("Location", "http://127.0.0.1:9/elsewhere")
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    hook.address = f"http://127.0.0.1:{server.server_port}/services/T0/SECRET"
    try:
        yield hook
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
