"""A notice to a webhook of Slack's shape: Slack, Mattermost, Rocket.Chat, or anything that takes its JSON."""

from __future__ import annotations

import errno
import json
from http import HTTPStatus
from urllib.error import HTTPError
from urllib.parse import urlsplit
from urllib.request import HTTPRedirectHandler, Request, build_opener

from mandje.notify.notice import Notice
from mandje.notify.tries import NotSentError, in_some_tries

_TIMEOUT_SECONDS = 10
_MAY_PASS = {HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_MANY_REQUESTS}


class _NoRedirect(HTTPRedirectHandler):
    """A notice goes to the address that was named, and nowhere else."""

    def redirect_request(self, *_: object) -> None:
        """Follow nothing: the answer stays what it is."""


def post_notice(notice: Notice, address: str) -> None:
    """Post it as JSON; the address is a secret and stands in no message.

    Raises:
        NotSentError: it is no web address, or the server refuses.
        OSError: the server cannot be reached, or is not well.
    """
    parts = urlsplit(address)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise NotSentError("the webhook's address is no https:// address; next: look at what holds it")
    body = json.dumps(notice.payload).encode()

    def send() -> None:
        request = Request(address, body, {"Content-Type": "application/json"})  # noqa: S310  checked above
        try:
            with build_opener(_NoRedirect).open(request, timeout=_TIMEOUT_SECONDS):
                return
        except HTTPError as answer:
            answer.close()
            if answer.code in _MAY_PASS or answer.code >= HTTPStatus.INTERNAL_SERVER_ERROR:
                raise OSError(errno.EREMOTEIO, f"{parts.hostname} answers {answer.code}") from None
            raise NotSentError(
                f"{parts.hostname} answers {answer.code}; next: look whether the webhook still is there"
            ) from None

    in_some_tries(send)
