"""Environments of their own, made by uv from what is on this machine, and Mandje's wheel in them."""

from __future__ import annotations

import ctypes
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from repository import ROOT

_UV = Path(sys.executable).parent / "uv"
_PR_CAPBSET_DROP = 24
_PASS_BY_MODES = (1, 2)


@dataclass(frozen=True)
class Environment:
    """A virtual environment; what runs in it sees nothing of the tests' own Python."""

    folder: Path

    @property
    def site_packages(self) -> Path:
        return next(self.folder.glob("lib/python*/site-packages"))

    def command(self, name: str) -> Path:
        return self.folder / "bin" / name

    def run(
        self, name: str, *words: object, env: Mapping[str, str] | None = None, modes: bool = False
    ) -> str:
        """What a command of it writes to stdout; `modes`: root may not pass by modes of files either."""
        done = subprocess.run(
            [self.command(name), *map(str, words)],
            env=plain_environment() | dict(env or {}),
            cwd=self.folder,
            capture_output=True,
            text=True,
            preexec_fn=_heed_modes if modes else None,
            check=False,
        )
        assert done.returncode == 0, f"{name} {words}: {done.stdout}{done.stderr}"
        return done.stdout


def plain_environment() -> dict[str, str]:
    """The tests' environment without what leads Python or Airflow elsewhere."""
    own = ("AIRFLOW", "PYTHON", "MANDJE", "VIRTUAL_ENV")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(own)}
    return kept | {"PYTHONWARNINGS": "ignore", "DO_NOT_TRACK": "1"}


def make_wheel(folder: Path) -> Path:
    """Mandje's wheel of this checkout."""
    _uv("build", "--wheel", "--no-build-isolation", "--python", sys.executable, "--out-dir", folder, ROOT)
    return next(folder.glob("*.whl"))


def make_environment(folder: Path, *packages: object, wheel_alone: Path | None = None) -> Environment:
    """A new environment: packages in the versions of the lock, and a wheel without what it needs."""
    _uv("venv", "--python", sys.executable, folder)
    made = Environment(folder)
    into = ("pip", "install", "--python", made.command("python"))
    if packages:
        _uv(*into, "--constraint", ROOT / "requirements.lock", *packages)
    if wheel_alone is not None:
        _uv(*into, "--no-deps", wheel_alone)
    return made


def _uv(*words: object) -> None:
    done = subprocess.run(
        [_UV, "--offline", "--quiet", *map(str, words)],
        env=plain_environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr


def _heed_modes() -> None:
    for capability in _PASS_BY_MODES:
        ctypes.CDLL(None).prctl(_PR_CAPBSET_DROP, capability)
