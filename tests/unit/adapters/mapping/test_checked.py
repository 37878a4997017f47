"""What `mandje check` says of a mapping: where it names a column that is not there, what to mend in it."""

from __future__ import annotations

import json
from pathlib import Path

from command_line import told
from mandje.errors import ExitCode
from mapped_shop import mapped_shop

EXAMPLE = Path(__file__).parents[4] / "docs" / "examples" / "erp"
MAPPING = (EXAMPLE / "mappings" / "erp.toml").read_text(encoding="utf-8")
SALES = (EXAMPLE / "verkoop.csv").read_text(encoding="utf-8")


def checked(
    folder: Path, mapping: str, content: str, name: str = "verkoop.csv", code: ExitCode = ExitCode.OK
) -> str:
    mapped_shop(folder / "shop", mapping)
    (folder / name).write_text(content, encoding="utf-8")
    return told("check", folder / "shop", folder / name, "--feed", "erp", exit_code=code)


def test_a_column_that_is_not_there_is_told_with_the_keys_that_read_it(tmp_path: Path) -> None:
    mapping = MAPPING.replace('"Totaal"', '"Totaal incl."').replace(
        'product_id = "Artikel"', 'product_id = "Art"'
    )
    words = checked(tmp_path, mapping, SALES, code=ExitCode.USER_ERROR)
    assert "tables[1].total_amount reads Totaal incl. (did you mean Totaal" in words
    assert "tables[2].product_id reads Art" in words
    assert "mend mappings/erp.toml" in words
    assert all(name in words for name in SALES.splitlines()[0].split(";"))
    assert "looks like" not in words


def test_an_unknown_word_and_sums_point_at_the_mapping(tmp_path: Path) -> None:
    sales = SALES.replace("Betaald", "Betald").replace("0,00;1.210,00;", "0,00;1.210,50;")
    words = checked(tmp_path, MAPPING, sales)
    assert "add the word to map of status in mappings/erp.toml" in words
    assert "or the mapping is wrong: ex_tax, times or the column of an amount in mappings/erp.toml" in words
    assert "NOTHING IS LEFT" not in words


def test_where_every_order_is_rejected_it_is_said_loudly(tmp_path: Path) -> None:
    words = checked(tmp_path, MAPPING.replace("{sum_of_taxes = true}", "{is = 0}"), SALES)
    assert "NOTHING IS LEFT: every order of it is rejected" in words


LISTS = """
[[tables]]
feed = "products"
file = "*.jsonl"
each = "{each}"
product_id = "sku"
name = "sku"
category = {is = "all"}
currency_code = {is = "EUR"}
list_price_amount = "price"
"""


def test_a_list_that_no_document_has_is_told(tmp_path: Path) -> None:
    text = json.dumps({"page": {"items": [{"sku": "A", "price": "1.00"}]}}) + "\n"
    words = checked(tmp_path, LISTS.replace("{each}", "items"), text, "p.jsonl")
    assert 'no row for products was found: no document has a list at each = "items"' in words
    words = checked(tmp_path, LISTS.replace("{each}", "page.items"), text, "p.jsonl")
    assert "was found" not in words
    assert "products: 1 new" in words
