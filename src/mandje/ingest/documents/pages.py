"""Pages of an API as it gives them: each one an object with a list of documents in it."""

from __future__ import annotations

import json

import duckdb
import polars as pl

from mandje.system.literals import text_literal

# So many lines are looked at: one of them may be broken.
_LOOKED_AT = 5


def opened(lines: pl.DataFrame, page: str) -> pl.DataFrame:
    """Lines (`line` and `text`) with the documents of pages in their place, on the line of their page.

    `page` names the list; without it, or where no line is a page, lines are as they were.
    """
    if not page or not any(_is_page(text, page) for text in lines["text"].head(_LOOKED_AT)):
        return lines
    path = text_literal(f'$."{page}"')
    query = f"""
        SELECT line, unnest(texts) AS text
        FROM (
            SELECT
                line, row_number() OVER () AS place,
                coalesce(
                    CAST(try(from_json(json_extract(text, {path}), '["JSON"]')) AS VARCHAR[]), [text]
                ) AS texts
            FROM given
        )
        ORDER BY place, generate_subscripts(texts, 1)
    """
    with duckdb.connect() as connection:
        connection.register("given", lines.select("line", "text").to_arrow())
        return pl.DataFrame(connection.sql(query).to_arrow_table())


def _is_page(text: str, page: str) -> bool:
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return False
    return isinstance(found, dict) and isinstance(found.get(page), list)
