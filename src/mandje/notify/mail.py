"""A notice as a plain mail, through the server that environment variables name."""

from __future__ import annotations

import smtplib
import socket
import ssl
from collections.abc import Mapping, Sequence
from email.message import EmailMessage
from email.utils import formatdate, make_msgid

from mandje.notify.notice import Notice
from mandje.notify.tries import NotSentError, in_some_tries

HOST, PORT, SECURITY = "MANDJE_SMTP_HOST", "MANDJE_SMTP_PORT", "MANDJE_SMTP_SECURITY"
USER, PASSWORD = "MANDJE_SMTP_USER", "MANDJE_SMTP_PASSWORD"
_PORTS = {"starttls": 587, "tls": 465, "none": 25}
_TIMEOUT_SECONDS = 20
_WHOM = "sender or recipients; next: look at mail_from and mail_to in shop.toml, and at that server's rules"


def mail_of(notice: Notice, to: Sequence[str], sender: str | None) -> EmailMessage:
    """The mail: plain text, marked as written by a machine."""
    mail = EmailMessage()
    mail["Subject"] = notice.subject
    mail["From"] = sender or f"mandje@{socket.getfqdn()}"
    mail["To"] = ", ".join(to)
    mail["Date"] = formatdate(localtime=True)
    mail["Message-ID"] = make_msgid("mandje")
    mail["Auto-Submitted"] = "auto-generated"
    mail.set_content(notice.text, cte="8bit" if notice.text.isascii() else "quoted-printable")
    return mail


def send_mail(notice: Notice, to: Sequence[str], sender: str | None, environment: Mapping[str, str]) -> None:
    """Send it by the server of `environment`: host, port, security, user and password (`HOST`, …).

    Raises:
        NotSentError: there is no server, its settings are wrong, it refuses the login or the mail.
        OSError: it cannot be reached, or breaks off.
    """
    mail = mail_of(notice, to, sender)
    host, port, security = _server(environment)
    user, password = environment.get(USER), environment.get(PASSWORD, "")
    if user and security == "none":
        raise NotSentError(
            f"{SECURITY} is none, so the password would travel in the open; next: set it to starttls"
        )

    def send() -> None:
        try:
            with _connected(host, port, security) as server:
                if user:
                    server.login(user, password)
                refused = server.send_message(mail)
        except smtplib.SMTPAuthenticationError:
            raise NotSentError(f"{host} refuses the login; next: look at {USER} and {PASSWORD}") from None
        except smtplib.SMTPNotSupportedError as fault:
            raise NotSentError(f"{host}: {fault}; next: look at {SECURITY}, {PORT} and {USER}") from None
        except (smtplib.SMTPRecipientsRefused, smtplib.SMTPSenderRefused):
            raise NotSentError(f"{host} refuses {_WHOM}") from None
        if refused:
            raise NotSentError(f"{host} refuses {len(refused)} of {len(to)} {_WHOM}")

    in_some_tries(send)


def _server(environment: Mapping[str, str]) -> tuple[str, int, str]:
    host, security = environment.get(HOST), environment.get(SECURITY) or "starttls"
    if not host:
        raise NotSentError(f"no mail server is named; next: set {HOST} where `mandje night` runs")
    if security not in _PORTS:
        raise NotSentError(f"{SECURITY} is none of {', '.join(_PORTS)}; next: set it to one of them")
    port = environment.get(PORT) or str(_PORTS[security])
    if not port.isdecimal():
        raise NotSentError(f"{PORT} is no number; next: set it, or leave it out")
    return host, int(port), security


def _connected(host: str, port: int, security: str) -> smtplib.SMTP:
    if security == "tls":
        context = ssl.create_default_context()
        return smtplib.SMTP_SSL(host, port, timeout=_TIMEOUT_SECONDS, context=context)
    server = smtplib.SMTP(host, port, timeout=_TIMEOUT_SECONDS)
    if security == "starttls":
        try:
            server.starttls(context=ssl.create_default_context())
        except BaseException:
            server.close()
            raise
    return server
