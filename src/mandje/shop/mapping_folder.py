"""Where mapping files lie: in the shop's folder `mappings/`, else among those that come with Mandje."""

from __future__ import annotations

import difflib
import tomllib
from collections.abc import Iterable, Mapping
from decimal import Decimal
from functools import cache
from pathlib import Path

from pydantic import BaseModel, ValidationError

from mandje.errors import MandjeError
from mandje.shop.mapping_checks import faults_of
from mandje.shop.mapping_file import Condition, MappingFile, PackedCells, TableMap, Value, WideColumns

_SHIPPED = Path(__file__).parent.parent / "mappings"
# Names that a key may have been meant to be, by the model that does not know it.
_MODELS: dict[str, type[BaseModel]] = {
    "only_if": Condition,
    "unpack": PackedCells,
    "columns_to_rows": WideColumns,
}


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
        return None, (f"cannot be read as TOML: {fault}",)
    try:
        mapping = MappingFile.model_validate(content)
    except ValidationError as fault:
        return None, tuple(dict.fromkeys(_plain(dict(error), content) for error in fault.errors()))
    faults = tuple(faults_of(mapping, sites))
    return (None if faults else mapping), faults


def _plain(error: Mapping[str, object], content: Mapping[str, object]) -> str:
    """A fault in words: table (feed and number), key, what was found and what was expected."""
    steps = error["loc"] if isinstance(error["loc"], tuple) else ()
    place = _place(steps, content)
    if error["type"] == "extra_forbidden":
        return f"{place}: unknown key{_meant(steps)}"
    if error["type"] == "missing":
        return f"{place}: missing"
    found = error["input"]
    told = "" if isinstance(found, dict | BaseModel) else f", found {found!r}"
    return f"{place}: {str(error['msg']).removeprefix('Value error, ')}{told}"


def _place(steps: tuple[object, ...], content: Mapping[str, object]) -> str:
    parts: list[str] = []
    for step in steps:
        if isinstance(step, int) and parts == ["tables"]:
            parts = [f"tables[{step + 1}]{_feed(content, step)}"]
        elif step != "columns" and isinstance(step, str) and not _is_type(step):
            parts.append(step)
    return ".".join(parts) or "the file"


def _is_type(step: str) -> bool:
    """A member of a union, which pydantic names in the place of a fault."""
    return "[" in step or step in {"bool", "int", "str", "decimal", "datetime", "date", "Text"}


def _feed(content: Mapping[str, object], number: int) -> str:
    tables = content.get("tables")
    one = tables[number] if isinstance(tables, list) and number < len(tables) else None
    return f" ({one.get('called') or one.get('feed')})" if isinstance(one, dict) else ""


def _meant(steps: tuple[object, ...]) -> str:
    texts = [step for step in steps if isinstance(step, str)]
    model: type[BaseModel] = (
        Value if "columns" in texts else _MODELS.get(texts[-2] if len(texts) > 1 else "", MappingFile)
    )
    known = [field.alias or name for name, field in model.model_fields.items()]
    known += list(TableMap.model_fields) if model is MappingFile else []
    close = difflib.get_close_matches(texts[-1], known, 1)
    return f", did you mean {close[0]}?" if close else f", expected one of {', '.join(known)}"
