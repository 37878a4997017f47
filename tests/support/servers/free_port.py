"""A port on loopback that nobody has."""

from __future__ import annotations

import socket


def free_port() -> int:
    with socket.socket() as door:
        door.bind(("127.0.0.1", 0))
        return int(door.getsockname()[1])
