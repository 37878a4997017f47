"""A notice through Airflow's connections: mail by its SMTP provider, a webhook by an address kept there."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from airflow.sdk import BaseHook, Connection

from mandje.notify.delivery import Way
from mandje.notify.notice import Notice
from mandje.notify.recipients import Recipients
from mandje.notify.tries import NotSentError
from mandje.notify.webhook import post_notice

MAIL = "smtp_default"
Known = Callable[[str], Any]


def ways_of(notice: Notice, who: Recipients, known: Known = BaseHook.get_connection) -> dict[str, Way]:
    """How it goes to mail and webhook; `known` gives a connection by its id."""
    ways: dict[str, Way] = {}
    if who.mail_to:
        ways["mail"] = lambda: _mail(notice, who, _found(MAIL, known))
    if (name := who.webhook) is not None:
        ways["webhook"] = lambda: post_notice(notice, _address(name, _found(name, known)))
    return ways


async def connections_of(who: Recipients) -> Known:
    """The connections that these need, asked for as the triggerer must: nothing there may wait."""
    names = [*([MAIL] if who.mail_to else []), *([who.webhook] if who.webhook else [])]
    known = {}
    for name in names:
        try:
            known[name] = await Connection.async_get(name)
        except Exception as fault:  # noqa: BLE001  told where it is needed
            known[name] = fault
    return known.__getitem__


def _found(name: str, known: Known) -> Any:  # noqa: ANN401
    try:
        found = known(name)
    except Exception as fault:  # noqa: BLE001  whatever Airflow's secrets raise
        found = fault
    if isinstance(found, Exception):
        raise NotSentError(
            f"Airflow does not give the connection {name} ({type(found).__name__}); next: make it among "
            f"Airflow's connections, or set AIRFLOW_CONN_{name.upper()}"
        )
    return found


def _mail(notice: Notice, who: Recipients, connection: Any) -> None:  # noqa: ANN401
    # Only where a mail goes out: the provider is an extra of some Airflows, and takes its time.
    try:
        from airflow.providers.smtp.hooks.smtp import SmtpHook
    except ImportError:
        raise NotSentError(
            "Airflow lacks its SMTP provider; next: install apache-airflow-providers-smtp"
        ) from None
    hook: Any = SmtpHook(MAIL)
    hook.get_connection = lambda _: connection
    with hook as server:
        server.send_email_smtp(
            to=list(who.mail_to),
            from_email=who.mail_from or server.from_email or connection.login,
            subject=notice.subject,
            html_content=notice.page,
            custom_headers={"Auto-Submitted": "auto-generated"},
        )


def _address(name: str, connection: Any) -> str:  # noqa: ANN401
    if not connection.password:
        raise NotSentError(f"connection {name} has no password; next: put the webhook's address there")
    return str(connection.password)
