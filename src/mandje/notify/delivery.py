"""A notice goes every way that was named; what fails is said, and stops neither the others nor the night."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping

from mandje.notify.mail import send_mail
from mandje.notify.notice import Notice, clean
from mandje.notify.recipients import Recipients
from mandje.notify.tries import NotSentError
from mandje.notify.webhook import post_notice

Way = Callable[[], None]


def send_everywhere(ways: Mapping[str, Way]) -> list[str]:
    """Send every way; a line for each that failed."""
    return [line for name, way in ways.items() if (line := _fault_of(name, way))]


def _fault_of(name: str, way: Way) -> str | None:
    try:
        way()
    except Exception as fault:  # noqa: BLE001  whatever it is, the night goes on
        return not_sent(name, fault)
    return None


def not_sent(way: str, fault: BaseException) -> str:
    """One line on a notice that did not go out. Only words of ours are trusted to name no secret."""
    if isinstance(fault, NotSentError):
        return f"the notice could not be sent by {way}: {fault}"
    reason = getattr(fault, "reason", None)  # what a web request fails for stands within its own fault
    fault = reason if isinstance(reason, OSError) else fault
    said = fault.strerror if isinstance(fault, OSError) and fault.strerror else ""
    why = clean(f"{type(fault).__name__} {said}".strip())
    return f"the notice could not be sent by {way}: {why}; next: see that the server can be reached from here"


def ways_here(notice: Notice, who: Recipients) -> dict[str, Way]:
    """Mail and webhook as this process's environment variables name them."""
    ways: dict[str, Way] = {}
    if who.mail_to:
        ways["mail"] = lambda: send_mail(notice, who.mail_to, who.mail_from, os.environ)
    if (name := who.webhook) is not None:
        ways["webhook"] = lambda: post_notice(notice, _address(name))
    return ways


def _address(name: str) -> str:
    address = os.environ.get(name)
    if not address:
        raise NotSentError(f"no environment variable {name}; next: set it to the webhook's address")
    return address
