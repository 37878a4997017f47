"""A notice goes out in a few tries; that it could not is said in one line, and changes nothing else."""

from __future__ import annotations

import time
from collections.abc import Callable

WAITS_SECONDS = (1.0, 4.0)  # between three tries


class NotSentError(Exception):
    """Why a notice cannot be sent, and what to do; never names a secret."""


def in_some_tries(send: Callable[[], None]) -> None:
    """Send, and try again where server or network may have been away for a moment.

    Raises:
        OSError: of the last try.
        NotSentError: at once: another try would end alike.
    """
    for wait in WAITS_SECONDS:
        try:
            return send()
        except OSError:
            time.sleep(wait)
    return send()
