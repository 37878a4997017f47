"""Where mapping files lie: in the shop's folder `mappings/`, else among those that come with Mandje."""

from __future__ import annotations

import difflib
import tomllib
from collections.abc import Iterable
from decimal import Decimal
from functools import cache
from pathlib import Path

from pydantic import ValidationError

from mandje.errors import MandjeError
from mandje.shop.mapping_checks import faults_of
from mandje.shop.mapping_file import MappingFile
from mandje.shop.mapping_words import toml_cause, words_of

_SHIPPED = Path(__file__).parent.parent / "mappings"


def shipped_names() -> list[str]:
    """Names of the mappings that come with Mandje."""
    return sorted(path.stem for path in _SHIPPED.glob("*.toml"))


@cache
def shipped_mapping(name: str) -> MappingFile | None:
    """A mapping that comes with Mandje; None: there is none of this name."""
    path = _SHIPPED / f"{name}.toml"
    return _read(path, ())[0] if path.is_file() else None


def read_mappings(folder: Path, names: Iterable[str], sites: Iterable[str]) -> dict[str, MappingFile]:
    """The mappings of these names as a shop's sources read them; its own come before those of Mandje.

    Raises:
        MandjeError: one is not there, or has a fault; all faults of all of them in one error.
    """
    found: dict[str, MappingFile] = {}
    faults: list[str] = []
    for name in sorted(set(names)):
        own = folder / f"{name}.toml"
        mapping, wrong = _read(own, tuple(sites)) if own.is_file() else (shipped_mapping(name), ())
        faults += [f"{own.name}: {one}" for one in wrong]
        if mapping is not None:
            found[name] = mapping
        elif not wrong:
            faults.append(f"{own.name}: there is no such file, nor {_shipped_words()}{_near(name, folder)}")
    if faults:
        raise MandjeError(
            f"mappings have {len(faults)} fault(s)",
            file=str(folder),
            found=" | ".join(faults),
            next_step="mend these keys; docs/how-to/mapping.md explains every verb",
        )
    return found


def _shipped_words() -> str:
    return f"a mapping of this name among those that come with Mandje ({', '.join(shipped_names())})"


def _near(name: str, folder: Path) -> str:
    close = difflib.get_close_matches(
        name, [*shipped_names(), *(path.stem for path in folder.glob("*.toml"))], 1
    )
    return f"; did you mean {close[0]}?" if close else ""


def _read(path: Path, sites: tuple[str, ...]) -> tuple[MappingFile | None, tuple[str, ...]]:
    """The mapping, or what is wrong with it."""
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"), parse_float=Decimal)
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, OSError) as fault:
        return None, (f"cannot be read as TOML: {fault}{toml_cause(fault)}",)
    try:
        mapping = MappingFile.model_validate(content)
    except ValidationError as fault:
        return None, words_of(fault, content)
    faults = tuple(faults_of(mapping, sites))
    return (None if faults else mapping), faults
