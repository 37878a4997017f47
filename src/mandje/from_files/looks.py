"""What a file tells of its shop: its newest time, its currencies and its sites, read in columns as text."""

from __future__ import annotations

import glob
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import duckdb

from mandje.adapters import adapter_for
from mandje.adapters.recognise import CANONICAL, Recognised
from mandje.adapters.recognise.heads import Head
from mandje.contracts.feeds import FEEDS
from mandje.contracts.types import Column, Table
from mandje.errors import MandjeError
from mandje.shop.known_adapters import known_adapter
from mandje.shop.settings import ShopSettings
from mandje.system.literals import text_literal

# As platforms call the currency of a record, in small letters without anything between them.
_CURRENCIES = {"currency", "currencycode", "basecurrencycode"}
_SITE = "site"
# In a path: of a list, whatever stands in its objects.
_EACH = "[*]"
_MEMORY = "1GiB"
_MOST_OBJECT_BYTES = 64 * 2**20
_OLDEST = date(1990, 1, 1)
_MICROSECONDS = 10**6


@dataclass(frozen=True, slots=True)
class Look:
    """What a file tells; of what it does not tell, nothing.

    `newest` is the newest day in its columns of times, up to a given one; `currencies` counts rows by code,
    `sites` rows by site and code ("" where the row tells none).
    """

    newest: date | None = None
    currencies: Counter[str] = field(default_factory=Counter)
    sites: Counter[tuple[str, str]] = field(default_factory=Counter)


@dataclass(frozen=True, slots=True)
class _Names:
    """Where a kind of file has times, currencies and sites: names of columns, or paths in objects."""

    times: tuple[str, ...]
    # Times that are numbers, by how many of their units are a second.
    ticks: tuple[tuple[int, str], ...]
    currencies: tuple[str, ...]
    sites: tuple[str, ...]


def look(path: Path, found: Recognised, newest: date) -> Look:
    """What a recognised file tells of its shop; days after `newest` are typing errors, not times."""
    if found.head is None or found.adapter is None:
        return Look()
    names = _names_of(found, found.head)
    try:
        with duckdb.connect(config={"memory_limit": _MEMORY}) as connection:
            rows = connection.sql(_query(path, found.head, names, newest)).fetchall()
    except duckdb.Error:
        return Look()  # what cannot be read is refused in the night, with its line
    told = Look(max((day for *_, day in rows if day is not None), default=None))
    for site, code, count, _ in rows:
        told.currencies.update({code: count} if code else {})
        told.sites.update({(site, code or ""): count} if site else {})
    return told


def _query(path: Path, head: Head, names: _Names, newest: date) -> str:
    """A row per site and currency: how many rows, and their newest day."""

    def texts(columns: Iterable[str]) -> list[str]:
        return [f"trim({_value(name, head)})" for name in columns] or ["NULL"]

    days = [f"try_cast(left({text}, 10) AS DATE)" for text in texts(names.times)]
    days += [
        f"make_timestamp(try_cast({_value(name, head)} AS BIGINT) * {_MICROSECONDS // per_second})::DATE"
        for per_second, name in names.ticks
    ]
    sane = [f"CASE WHEN {one} BETWEEN DATE '{_OLDEST}' AND DATE '{newest}' THEN {one} END" for one in days]
    code, site = (f"coalesce({', '.join([*texts(one), 'NULL'])})" for one in (names.currencies, names.sites))
    return f"""
        SELECT
            CASE WHEN regexp_full_match({site}, '[a-z][a-z0-9_]*') THEN {site} END AS site,
            CASE WHEN regexp_full_match({code}, '[A-Z]{{3}}') THEN {code} END AS code,
            count(*), max(greatest({", ".join([*sane, "NULL::DATE"])}))
        FROM {_rows(path, head)} GROUP BY ALL ORDER BY ALL
    """


def _value(name: str, head: Head) -> str:
    if head.form == "json":
        keys = "".join(f'."{key}"' for key in name.split(".")).replace(f'{_EACH}"', f'"{_EACH}')
        value = f"json_extract_string(json, {text_literal('$' + keys)})"
        return f"list_max({value})" if _EACH in name else value
    return f'CAST("{name}" AS VARCHAR)'


def _rows(path: Path, head: Head) -> str:
    place = text_literal(glob.escape(str(path)))
    if head.form == "parquet":
        return f"read_parquet({place}, hive_partitioning = false)"
    packed = f"compression = '{'gzip' if head.is_packed else 'none'}', hive_partitioning = false"
    if head.form == "json":
        return f"read_json_objects({place}, maximum_object_size = {_MOST_OBJECT_BYTES}, {packed})"
    return (
        f"read_csv({place}, delim = {text_literal(head.separator)}, skip = {head.lines_before}, "
        f"""quote = '"', escape = '"', encoding = '{head.encoding}', header = true, all_varchar = true, """
        f"strict_mode = false, null_padding = true, ignore_errors = true, parallel = false, {packed})"
    )


def _names_of(found: Recognised, head: Head) -> _Names:
    tables = _tables(found)
    columns = [column for table in tables for column in table.columns]
    times = [
        (one, _lists(table)) for table in tables for one in table.columns if one.type in {"timestamp", "date"}
    ]
    written = [
        name for one, lists in times if one.ticks_per_second is None for name in _there(head, [one], lists)
    ]
    currencies = (name for name in head.names if re.sub("[^a-z]", "", name.lower()) in _CURRENCIES)
    return _Names(
        tuple(dict.fromkeys(written)),
        tuple(
            (one.ticks_per_second, name)
            for one, lists in times
            if one.ticks_per_second
            for name in _there(head, [one], lists)
        ),
        # What is sold tells the shop's currency: rates are of all that there are.
        tuple(sorted(currencies)) if known_adapter(str(found.adapter)).holds_orders else (),
        _there(head, (one for one in columns if one.name == _SITE)),
    )


def _lists(table: Table) -> list[str]:
    """Names of the lists that lead from a document to the rows of a table."""
    part = table.part
    return part.path.split(".") if part is not None and part.path and part.linked_by is None else []


def _there(head: Head, columns: Iterable[Column], lists: Sequence[str] = ()) -> tuple[str, ...]:
    """Names of the file for these columns, or paths into its objects; `lists` lead to a table's rows."""
    if head.form == "json":
        lists = [*filter(None, [head.page]), *lists]
        paths = [column.at or column.name for column in columns]
        found = [
            ".".join([*(f"{name}{_EACH}" for name in lists), path])
            for path in paths
            if not set("^[") & set(path)
        ]
    else:
        names = (name for one in columns for name in (one.at, one.name, *one.aliases))
        found = [name for name in names if name in head.names]
    return tuple(dict.fromkeys(found))


def _tables(found: Recognised) -> list[Table]:
    """Contracts of the kind's rows: of a feed, or of the adapter as it reads a source of any shop."""
    if found.adapter == CANONICAL:
        return [FEEDS[found.kind.name]]
    settings = ShopSettings.model_validate(
        {
            "name": "any",
            "reporting_currency": "EUR",
            "time_zone": "UTC",
            "sites": {"any": {"time_zone": "UTC", "currency": "EUR"}},
            "sources": {"any": {"adapter": found.adapter, **known_adapter(str(found.adapter)).needs}},
        }
    )
    try:
        tables = adapter_for("any", settings).tables.values()
    except MandjeError:
        return []  # an adapter that wants to know more of its source
    return [table for table in tables if table.part is not None and table.part.kind == found.kind.name]
