"""What the processes of one test run make once and share: shops, and dbt's reading of the project."""

from __future__ import annotations

import fcntl
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest


def shared_folder(factory: pytest.TempPathFactory) -> Path:
    """One folder for all processes of this run."""
    own = factory.getbasetemp()
    return own.parent if "PYTEST_XDIST_WORKER" in os.environ else own


def made_once(factory: pytest.TempPathFactory, name: str, make: Callable[[Path], object]) -> Path:
    """The folder that `make` fills, in the first process that asks; others wait. Nobody may write in it."""
    folder = shared_folder(factory) / name
    done = folder.with_suffix(".done")
    with folder.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not done.exists():
            shutil.rmtree(folder, ignore_errors=True)
            make(folder)
            done.touch()
    return folder


@contextmanager
def parsed_once(shared: Path) -> Iterator[None]:
    """Let dbt read the project once: it takes seconds, and every shop has its own place for it.

    By itself dbt starts anew wherever the database lies elsewhere; no model asks for its path. Templates too
    are compiled once, and dbt's log is left without what only debugging wants: a quarter of a build's time.
    """
    from dbt.adapters.duckdb.credentials import DuckDBCredentials
    from dbt.parser.manifest import ManifestLoader

    read, write = (
        ManifestLoader.read_manifest_for_partial_parse,
        ManifestLoader.write_manifest_for_partial_parse,
    )

    def read_shared(loader: Any) -> Any:
        own, common = _places(loader, shared)
        if common.exists() and not own.exists():
            own.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(common, own)
        return read(loader)

    def write_shared(loader: Any) -> None:
        write(loader)
        own, common = _places(loader, shared)
        if not common.exists():
            private = common.with_suffix(f".{os.getpid()}")
            shutil.copy(own, private)
            private.replace(common)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(DuckDBCredentials, "_connection_keys", lambda _self: ("database", "schema"))
        patch.setattr(ManifestLoader, "read_manifest_for_partial_parse", read_shared)
        patch.setattr(ManifestLoader, "write_manifest_for_partial_parse", write_shared)
        _compile_once(patch)
        _log_little(patch)
        yield


def _compile_once(patch: pytest.MonkeyPatch) -> None:
    from jinja2 import Environment

    compile_anew, known = Environment.compile, {}

    def compile_known(self: Environment, source: Any, *told: Any) -> Any:
        key = (type(self), *self.extensions, source, *told)
        if key not in known:
            known[key] = compile_anew(self, source, *told)
        return known[key]

    patch.setattr(Environment, "compile", compile_known)


def _log_little(patch: pytest.MonkeyPatch) -> None:
    from dbt_common.events.event_manager import EventManager

    fire = EventManager.fire_event

    def fire_unless_debugging(self: EventManager, event: Any, level: Any = None, **told: Any) -> None:
        if (level or event.level_tag()) != "debug":
            fire(self, event, level, **told)

    patch.setattr(EventManager, "fire_event", fire_unless_debugging)


def _places(loader: Any, shared: Path) -> tuple[Path, Path]:
    """Where dbt keeps what it read for a shop, and where this run does for its project and variables."""
    project = loader.root_project
    told = f"{project.project_root} {loader.manifest.state_check.vars_hash.checksum}"
    own = Path(project.project_target_path) / "partial_parse.msgpack"
    return own, shared / f"parsed-{sha256(told.encode()).hexdigest()[:12]}.msgpack"
