"""A PostgreSQL of the tests' own, from Debian's packages, on loopback and with a password."""

from __future__ import annotations

import os
import secrets
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from free_port import free_port

USER = "airflow"
_PROGRAMS = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: int(path.parent.name))
_QUICK = "-c fsync=off -c listen_addresses=127.0.0.1 -c unix_socket_directories="


def is_here() -> bool:
    """Whether Debian's package is installed."""
    return bool(_PROGRAMS)


@contextmanager
def postgres() -> Iterator[str]:
    """A server with an empty database; its address for SQLAlchemy, without the driver's name."""
    password, port = secrets.token_urlsafe(12), free_port()
    with tempfile.TemporaryDirectory(prefix="mandje-postgres-") as made:
        folder = Path(made)
        (folder / "password").write_text(password)
        if _as_itself():
            for path in (folder, folder / "password"):
                shutil.chown(path, **_as_itself())
        cluster = folder / "cluster"
        _run("initdb", "--pgdata", cluster, "--username", USER, "--auth", "scram-sha-256", "--encoding",
             "UTF8", "--locale", "C.UTF-8", "--pwfile", folder / "password")  # fmt: skip
        control = ("pg_ctl", "--pgdata", cluster, "--wait")
        _run(*control, "--log", folder / "log", "--options", f"{_QUICK} -p {port}", "start")
        try:
            yield f"{USER}:{password}@127.0.0.1:{port}/postgres"
        finally:
            _run(*control, "--mode", "fast", "stop")


def _run(program: str, *words: object) -> None:
    done = subprocess.run(
        [_PROGRAMS[-1] / program, *map(str, words)],
        cwd="/",
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        **_as_itself(),
        extra_groups=[] if _as_itself() else None,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout


def _as_itself() -> dict[str, Any]:
    """PostgreSQL refuses to run as root: there the user is Debian's."""
    return {"user": "postgres", "group": "postgres"} if os.geteuid() == 0 else {}
