"""Faults of the form of a mapping file in plain words: table, key, what was expected and what was found."""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel, ValidationError

from mandje.shop.mapping_file import Condition, MappingFile, PackedCells, TableMap, Value, WideColumns

# Names that a key may have been meant to be, by the model that does not know it.
_MODELS: dict[str, type[BaseModel]] = {
    "only_if": Condition,
    "unpack": PackedCells,
    "columns_to_rows": WideColumns,
}
# What a value should have been, where it is of another type altogether.
_TYPES = {
    "string_type": "a text in quotes",
    "decimal_type": "a number",
    "decimal_parsing": "a number",
    "int_type": "a number",
    "tuple_type": "a list",
    "dict_type": 'a list of words: {Betaald = "paid"}',
    "bool_type": "true or false",
    "model_type": 'the name of a column in quotes, or verbs: {from = "..."}',
    "datetime_type": "a time",
    "date_type": "a day",
}
_LIMITS = {
    "less_than": "less than {lt}",
    "less_than_equal": "at most {le}",
    "greater_than": "more than {gt}",
    "greater_than_equal": "at least {ge}",
    "too_short": "a list of at least {min_length}",
    "string_too_short": "a text that is not empty",
    "string_pattern_mismatch": "a text of the form {pattern}",
}
# What usually causes a fault of TOML, by what is said of it.
_CAUSES = {
    "overwrite": "a key stands twice in one table",
    "declare": "a key or a table stands twice",
    "duplicate": "a key stands twice in one table",
    "invalid value": "a text without quotes, perhaps",
    "after a key": "a name with blanks or signs without quotes, perhaps",
    "newline": "something stands behind a value, or a quote is not closed",
    "unterminated": "a quote is not closed",
    "unclosed": "a bracket or a brace is not closed",
    "illegal character": "a quote is not closed at the end of its line",
}
# Members of unions, as they are named in the place of a fault.
_FORMS = frozenset({"bool", "int", "str", "decimal", "datetime", "date", "Text", "constrained-str"})
_Error = Mapping[str, Any]


def toml_cause(fault: Exception) -> str:
    """What usually causes such a fault, to stand behind it."""
    cause = next((told for word, told in _CAUSES.items() if word in str(fault).lower()), None)
    return f": {cause}" if cause else ""


def words_of(fault: ValidationError, content: Mapping[str, object]) -> tuple[str, ...]:
    """Each fault once: of a value that may have several forms, what it nearly is, or all that it may be."""
    by_place: dict[str, list[_Error]] = {}
    for error in fault.errors():
        by_place.setdefault(_place(error["loc"], content), []).append(dict(error))
    return tuple(told for place, errors in by_place.items() for told in _of_place(place, errors))


def _of_place(place: str, errors: list[_Error]) -> list[str]:
    near = [error for error in errors if error["type"] not in _TYPES]
    if near:
        return list(dict.fromkeys(_plain(place, error) for error in near))
    forms = " or ".join(dict.fromkeys(_TYPES[error["type"]] for error in errors))
    return [f"{place}: expected {forms}, found {errors[0]['input']!r}"]


def _plain(place: str, error: _Error) -> str:
    if error["type"] == "extra_forbidden":
        return f"{place}: unknown key{_meant(error['loc'])}"
    if error["type"] == "missing":
        return f"{place}: missing"
    found = error["input"]
    told = "" if isinstance(found, dict | BaseModel) else f", found {found!r}"
    return f"{place}: {_expected(error)}{told}"


def _expected(error: _Error) -> str:
    context = error.get("ctx", {})
    if error["type"] in _LIMITS:
        return "expected " + _LIMITS[error["type"]].format(**context)
    if error["type"] == "literal_error":
        known = re.findall(r"'([^']*)'", context["expected"])
        close = difflib.get_close_matches(str(error["input"]), known, 1)
        return f"expected one of {', '.join(known)}" + (f" (did you mean {close[0]}?)" if close else "")
    return str(error["msg"]).removeprefix("Value error, ")


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
    return "[" in step or step in _FORMS


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
