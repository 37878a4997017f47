"""A column of addresses is hashed as one address is, by a key of any length."""

from __future__ import annotations

import polars as pl
import pytest

from mandje.ingest.values.email_hash import hash_emails, hash_value


@pytest.mark.parametrize("length", [0, 1, 32, 63, 64, 65, 200])
def test_a_column_has_the_hashes_of_its_values(length: int) -> None:
    key = bytes(range(length))
    values = ["ann@shop.nl", " Ann@Shop.NL ", "é@ü.de", "", "x" * 300, None, "ann@shop.nl"]
    expected = [None if value is None else hash_value(value, key) for value in values]
    assert hash_emails(pl.Series(values), key).to_list() == expected
