"""`simulation.toml` with every setting in it: what it means, and its default as a comment."""

from __future__ import annotations

import inspect
from collections.abc import Iterator, Mapping
from datetime import date

from mandje.simulate.settings import SimulationSettings
from mandje.simulate.settings.base import Strict

_HEAD = """\
# What this shop is like. Behind # stand the defaults: take it away from a key, and from the [table] above it.
# An unknown key is an error, and all faults are reported at once. The same settings give the same bytes.
# Other settings make another shop: first delete exports/ and truth/, and what nights made of them: raw/,
# quarantine/, ops/, warehouse/, published/.

"""


def simulation_toml(options: Mapping[str, object]) -> str:
    """The file's text; `options` are settings of the first level that are set, not commented."""
    defaults = SimulationSettings()
    plain = [name for name in SimulationSettings.model_fields if not _is_table(getattr(defaults, name))]
    lines = [_line(name, options.get(name), getattr(defaults, name)) for name in plain]
    return _HEAD + "\n".join([*lines, *_tables(defaults, "")]) + "\n"


def _line(name: str, given: object, default: object) -> str:
    return f"# {name} = {_text(default)}" if given is None else f"{name} = {_text(given)}"


def _tables(settings: Strict, path: str) -> Iterator[str]:
    """All tables below a table, each with its meaning."""
    for name in type(settings).model_fields:
        value = getattr(settings, name)
        if isinstance(value, Strict):
            yield from _table(value, f"{path}{name}", "[{}]")
        elif _is_table(value):
            for number, one in enumerate(value):
                yield from _table(one, f"{path}{name}", "[[{}]]", is_explained=number == 0)


def _table(settings: Strict, path: str, brackets: str, *, is_explained: bool = True) -> Iterator[str]:
    yield ""
    if is_explained:
        meaning = inspect.cleandoc(type(settings).__doc__ or "").splitlines()
        yield from (f"## {line}".rstrip() for line in meaning)
    yield f"# {brackets.format(path)}"
    for name in type(settings).model_fields:
        if not _is_table(getattr(settings, name)):
            yield f"# {name} = {_text(getattr(settings, name))}"
    yield from _tables(settings, f"{path}.")


def _is_table(value: object) -> bool:
    is_list_of_tables = isinstance(value, tuple) and any(isinstance(one, Strict) for one in value)
    return isinstance(value, Strict) or is_list_of_tables


def _text(value: object) -> str:
    if isinstance(value, str):
        return f'"{value}"'
    if isinstance(value, tuple):
        return f"[{', '.join(map(_text, value))}]"
    return value.isoformat() if isinstance(value, date) else str(value).lower()
