"""Delivered frames as a shop writes them: ids with their letter, times in ISO 8601, plain decimals.

What is broken in a cell is put in last, as text: a column with such a cell is text in that file.
"""

from __future__ import annotations

import polars as pl

from mandje.contracts.feeds import FEEDS
from mandje.simulate.deliver.broken_file import BROKEN_BYTE

_MOMENT = "%Y-%m-%dT%H:%M:%S%.6fZ"
# Letter and digits of an id: one width, so that texts sort as numbers do.
_IDS = {
    "customer_id": ("c", 7),
    "unit_id": ("c", 7),
    "product_id": ("p", 6),
    "other_product_id": ("p", 6),
    "order_id": ("o", 16),
    "return_id": ("r", 18),
    "adjustment_id": ("a", 18),
    "payment_id": ("y", 18),
    "fulfilment_id": ("f", 18),
    "visitor_id": ("v", 16),
    "event_id": ("e", 16),
    "cart_id": ("b", 16),
    "contact_id": ("k", 18),
    "message_id": ("m", 18),
    "caused_by_message_id": ("m", 18),
    "prevented_by_message_id": ("m", 18),
}


def typed(rows: pl.DataFrame, feed: str) -> pl.DataFrame:
    """The feed's columns as a typed file holds them; damaged columns as text, as bytes with a bad byte."""
    kinds = rows.schema
    plain = rows.select(_typed(kinds[name], name) for name in delivered_names(feed))
    return plain.with_columns(_damaged(rows, plain, name, as_bytes=True) for name in _damaged_names(rows))


def texts(rows: pl.DataFrame, feed: str) -> pl.DataFrame:
    """The feed's columns as text; null where the cell is empty."""
    kinds = rows.schema
    plain = rows.select(_text(kinds[name], name) for name in delivered_names(feed))
    return plain.with_columns(_damaged(rows, plain, name) for name in _damaged_names(rows))


def json_lines(rows: pl.DataFrame, feed: str) -> pl.Series:
    """Each row as a JSON object: whole numbers and flags bare, unless damaged; decimals as texts."""
    cells, kinds, damaged = texts(rows, feed), rows.schema, _damaged_names(rows)
    bare = [rows[name] for name in cells.columns if _is_bare(kinds[name], name) and name not in damaged]
    return cells.with_columns(bare).select(pl.struct(pl.all()).struct.json_encode()).to_series()


def with_text_ids(rows: pl.DataFrame) -> pl.DataFrame:
    """Any frame with its ids as exports write them."""
    kinds = rows.schema
    return rows.with_columns(_id(name) for name in rows.columns if _is_number_id(kinds[name], name))


def delivered_names(feed: str) -> list[str]:
    """Columns of the feed's files: an address stands under its own name."""
    return ["email" if column.is_email else column.name for column in FEEDS[feed].columns]


def _typed(kind: pl.DataType, name: str) -> pl.Expr:
    if _is_number_id(kind, name):
        return _id(name)
    # A file would hold all that an enumeration might be.
    return pl.col(name).cast(pl.String) if isinstance(kind, pl.Enum) else pl.col(name)


def _id(name: str) -> pl.Expr:
    letter, digits = _IDS[name]
    return (pl.lit(letter) + pl.col(name).cast(pl.String).str.zfill(digits)).alias(name)


def _is_number_id(kind: pl.DataType, name: str) -> bool:
    return name in _IDS and kind.is_integer()


def _text(kind: pl.DataType, name: str) -> pl.Expr:
    if _is_number_id(kind, name):
        return _id(name)
    if isinstance(kind, pl.Datetime):
        return pl.col(name).dt.to_string(_MOMENT)
    if isinstance(kind, pl.Decimal):
        return pl.col(name).cast(pl.String).str.strip_suffix("00")
    return pl.col(name).cast(pl.String)


def _is_bare(kind: pl.DataType, name: str) -> bool:
    return (kind.is_integer() and name not in _IDS) or kind == pl.Boolean


def has_bad_bytes(rows: pl.DataFrame) -> bool:
    """Whether a cell is damaged so that it is no text."""
    return bool(_damaged_names(rows)) and rows["damage_text"].str.contains(BROKEN_BYTE, literal=True).any()


def _damaged_names(rows: pl.DataFrame) -> list[str]:
    column = rows["damage_column"]
    if column.null_count() == rows.height:
        return []
    return column.drop_nulls().unique(maintain_order=True).to_list()


def _damaged(rows: pl.DataFrame, plain: pl.DataFrame, name: str, *, as_bytes: bool = False) -> pl.Series:
    is_hit = (rows["damage_column"] == name).fill_null(value=False)
    text = rows["damage_text"].zip_with(is_hit, _as_text(plain, name)).alias(name)
    if as_bytes and has_bad_bytes(rows):
        cells = [None if cell is None else with_bad_bytes(cell.encode()) for cell in text.to_list()]
        return pl.Series(name, cells, pl.Binary)
    return text


def _as_text(plain: pl.DataFrame, name: str) -> pl.Series:
    return plain.select(_text(plain.schema[name], name)).to_series()


def with_bad_bytes(content: bytes) -> bytes:
    """UTF-8 with each stand-in as the byte that it stands for."""
    return content.replace(BROKEN_BYTE.encode(), b"\xff")
