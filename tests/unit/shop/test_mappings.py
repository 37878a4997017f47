"""Mapping files are read as strictly as shop.toml: every fault is told, with its table and its key."""

from __future__ import annotations

from pathlib import Path

import pytest

from mandje.errors import MandjeError
from mandje.ingest.due.plan import plan_night
from mandje.shop.mapping_folder import shipped_mapping, shipped_names
from mandje.shop.settings import load_shop
from mapped_shop import DAY, SHOP_TOML, mapped_shop
from repository import ROOT

# The example of the design, but for the units and the product of what comes back, which a return needs.
LIGHTSPEED = """
file = "orders*.csv"
separator = ";"
decimal = ","
time_zone = "Europe/Amsterdam"
time_form = "%d-%m-%Y %H:%M"
never_read = ["Voornaam", "Achternaam", "Straat", "Telefoon"]

[[tables]]
feed = "orders"
first_of = "Ordernummer"
order_id = "Ordernummer"
ordered_at = "Besteldatum"
email = "E-mailadres"
site = {is = "nl"}
sales_channel = {is = "online"}
status = {from = "Status", map = {"Afgerond" = "fulfilled", "Betaald" = "paid", "Geannuleerd" = "cancelled"}}
currency_code = {is = "EUR"}
shipping_amount = {from = "Verzendkosten", ex_tax = "Btw-tarief"}
discount_amount = {is = 0}
other_charges_amount = {is = 0}
tax_amount = {sum_of_taxes = true}
total_amount = "Totaal"

[[tables]]
feed = "order_lines"
order_id = "Ordernummer"
line_number = {counter_of = "Ordernummer"}
product_id = {first = ["Artikelcode", "EAN"]}
quantity = "Aantal"
gross_amount = {from = "Regeltotaal incl.", ex_tax = "Btw-tarief"}
discount_amount = {from = "Korting incl.", ex_tax = "Btw-tarief", empty = 0}

[[tables]]
feed = "returns"
only_if = {column = "Aantal retour", above = 0}
return_id = {join = ["R", "Ordernummer"]}
returned_at = "Retourdatum"
refund_amount = {from = "Retourbedrag incl.", ex_tax = "Btw-tarief"}
otherwise = "skipped:no_return"
"""
BACK = '\nproduct_id = {first = ["Artikelcode", "EAN"]}\nquantity = "Aantal retour"\n'


def faults(folder: Path, mapping: str) -> str:
    with pytest.raises(MandjeError) as wrong:
        mapped_shop(folder, mapping)
    assert wrong.value.file == str(folder / "mappings")
    return str(wrong.value.found)


def test_the_example_lacks_only_what_a_return_needs(tmp_path: Path) -> None:
    lack = "missing product_id, quantity, expected every column that returns needs"
    assert faults(tmp_path, LIGHTSPEED) == f"erp.toml: tables[3] (returns): {lack}"
    mapped_shop(tmp_path, LIGHTSPEED + BACK)


@pytest.mark.parametrize(
    ("found", "changed", "expected"),
    [
        (
            'first_of = "Ordernummer"\n',
            "",
            "tables[1] (orders): order_lines are read from the same rows, of which",
        ),
        ("decimal =", "decimals =", "decimals: unknown key, did you mean decimal?"),
        ('"%d-%m-%Y %H:%M"', '"%d-%m %H:%M"', "time_form: not a form with day, month and year"),
        ('"%d-%m-%Y %H:%M"', '"%d-%m-%Y %Q"', "time_form: %Q is no part of a time that is read"),
        ('"Europe/Amsterdam"', '"Amsterdam"', "time_zone: not a time zone name such as Europe/Amsterdam"),
        ('feed = "orders"', 'feed = "order"', "tables[1] (order).feed: expected one of orders, "),
        ("{is = 0}", "{ist = 0}", "tables[1] (orders).discount_amount.ist: unknown key, did you mean is?"),
        ("total_amount =", "totl_amount =", "its columns (did you mean total_amount?)"),
        (
            'site = {is = "nl"}',
            'site = {is = "nk"}',
            "site: is: found 'nk', expected a site of shop.toml: nl",
        ),
        ('{is = "online"}', '{is = "onlin"}', "phone, marketplace (did you mean online?)"),
        (
            '"Betaald" = "paid"',
            '"Betaald" = "payed"',
            "status: map Betaald: found 'payed', expected one of: ",
        ),
        ("{is = 0}", '{is = "0"}', "tables[1] (orders).discount_amount: is: found '0', expected decimal"),
        ("{is = 0}", "{is = -1}", "tables[1] (orders).discount_amount: is: found -1, expected at least 0"),
        ('{is = "EUR"}', '{is = "euro"}', "currency_code: is: found 'euro', expected ISO 4217 code"),
        ('email = "E', 'email_hash = "E', None),
        ('"Totaal"', '{from = "Totaal", is = 1}', "says where the value comes from, found from and is"),
        ('"Totaal"', "{times = 2}", "says where the value comes from, found none"),
        ("{is = 0}", '{is = 0, ex_tax = "Btw"}', "ex_tax changes a value of first or from or pairs"),
        ("{counter_of = ", "{join = ", "tables[2] (order_lines).line_number.join: "),
        ("{counter_of = ", '{first = ["A", "B"], map = {x = 1}, times = ', "map gives a word"),
        ('["Artikelcode", "EAN"]', '["Artikelcode"]', "tables[2] (order_lines).product_id.first: "),
        ('ex_tax = "Btw-tarief"}', "ex_tax = 21}", "tables[1] (orders).shipping_amount.ex_tax: "),
        (
            'order_id = "Ordernummer"',
            'order_id = {join = ["O", "Nr"]}',
            "order_id: the ids that tie orders to their lines",
        ),
        ("above = 0", "above = 0, below = 9", "tables[3] (returns).only_if: a column and one of"),
        ("above = 0", "abov = 0", "tables[3] (returns).only_if.abov: unknown key, did you mean above?"),
        ('otherwise = "skipped:no_return"', "", "tables[3] (returns): only_if and otherwise"),
        ("skipped:no_return", "dropped", "tables[3] (returns).otherwise: expected a text of the form"),
        (
            'first_of = "Ordernummer"',
            'first_of = "Ordernummer"\neach = "x"',
            "first_of and each: only one of them",
        ),
        ('"Straat", ', '"Straat", "Totaal", ', "(orders): Totaal is read here and stands"),
        (
            '"Ordernummer"\norder_id',
            '"Order\\"nummer"\norder_id',
            "(orders).first_of: expected a text of the form",
        ),
        ('feed = "order_lines"', 'feed = "orders"', "only one table may make orders"),
        ('"R", "Ordernummer"]}', '"R", "Ordernummer"]}\ncalled = "orders"', "two tables are called orders"),
        (
            'returned_at = "Retourdatum"',
            "returned_at = {sum_of_taxes = true}",
            "sum_of_taxes is the tax_amount",
        ),
        ("returned_at", 'kind = {is = "discount"}\nreturned_at', "(returns).kind: returns has no such"),
    ],
)
def test_a_fault_is_told(tmp_path: Path, found: str, changed: str, expected: str | None) -> None:
    mapping = LIGHTSPEED + BACK
    assert found in mapping
    mapping = mapping.replace(found, changed, 1)
    if expected is None:
        mapped_shop(tmp_path, mapping)
    else:
        assert expected in faults(tmp_path, mapping)


@pytest.mark.parametrize(
    ("found", "changed", "told"),
    [
        ('ex_tax = "Btw-tarief"}', "ex_tax = 21}", "shipping_amount.ex_tax: expected less than 1, found 21"),
        ("above = 0", 'above = "nul"', "only_if.above: expected a number, found 'nul'"),
        (
            'order_id = "Ordernummer"',
            'order_id = ["Ordernummer"]',
            "order_id: expected the name of a column in quotes, or verbs: {from = ",
        ),
        (
            'feed = "orders"',
            "feed = orders",
            "cannot be read as TOML: Invalid value (at line 10, column 8): a text",
        ),
        ('feed = "orders"', 'feed = "orders"\nfeed = "orders"', "a key stands twice in one table"),
        (
            '{is = "EUR"}',
            '{is = "EURO"}',
            "currency_code: is: found 'EURO', expected ISO 4217 code: ^[A-Z]{3}$",
        ),
    ],
)
def test_one_fault_is_told_once_and_plainly(tmp_path: Path, found: str, changed: str, told: str) -> None:
    """Also of a value that may have several forms, and of what other tables take over."""
    wrong = faults(tmp_path, (LIGHTSPEED + BACK).replace(found, changed, 1))
    assert told in wrong
    assert " | " not in wrong


def test_sums_need_their_parts(tmp_path: Path) -> None:
    one = LIGHTSPEED.partition('[[tables]]\nfeed = "order_lines"')[0]
    assert "tax_amount: sum_of_taxes: no table makes order_lines" in faults(tmp_path, one)
    bare = (LIGHTSPEED + BACK).replace(', ex_tax = "Btw-tarief"', "")
    assert "tax_amount: sum_of_taxes: no ex_tax takes any tax out of an amount" in faults(tmp_path, bare)
    unit = (LIGHTSPEED + BACK).replace("gross_amount", "unit_price_amount")
    assert "sum_of_taxes cannot see the tax of a unit" in faults(tmp_path, unit)


def test_all_faults_of_all_files_are_told_at_once(tmp_path: Path) -> None:
    (tmp_path / "mappings").mkdir()
    (tmp_path / "mappings" / "till.toml").write_text("file = 'a'\n[[tables]\n")
    toml = (
        SHOP_TOML
        + 'sources.till = { adapter = "mapping:till" }\nsources.gone = { adapter = "mapping:erq" }\n'
    )
    with pytest.raises(MandjeError) as wrong:
        mapped_shop(tmp_path, LIGHTSPEED.replace("above", "abov"), toml)
    told = str(wrong.value.found).split(" | ")
    assert [one.split(":")[0] for one in told] == ["erp.toml", "erq.toml", "till.toml"]
    assert "did you mean erp?" in told[1]
    assert "cannot be read as TOML" in told[2]


@pytest.mark.parametrize("name", ["mapping:../secret", "mapping:", "mapping:A"])
def test_a_name_is_no_path(tmp_path: Path, name: str) -> None:
    (tmp_path / "shop.toml").write_text(SHOP_TOML.replace("mapping:erp", name))
    with pytest.raises(MandjeError, match=r"shop\.toml has 1 fault"):
        load_shop(tmp_path)


def test_what_a_mapping_makes_decides_on_the_night(tmp_path: Path) -> None:
    source = mapped_shop(tmp_path, LIGHTSPEED + BACK).settings.sources["erp"]
    assert (source.on_refused, source.on_missing) == ("stop", "wait")
    messages = (
        '[[tables]]\nfeed = "messages"\nmessage_id = "Id"\ncustomer_id = "Klant"\nchannel = {is = "e-mail"}\n'
    )
    source = mapped_shop(tmp_path, messages).settings.sources["erp"]
    assert (source.on_refused, source.on_missing) == ("go_on", "go_on")


def test_refunds_of_the_orders_own_file_are_parts_of_it(tmp_path: Path) -> None:
    settings = mapped_shop(tmp_path, LIGHTSPEED + BACK).settings
    assert (settings.has_refunds_in_orders("erp"), settings.has_summed_totals("erp")) == (True, False)


def test_another_mapping_reads_deliveries_again(tmp_path: Path) -> None:
    """Also where only a word of a map is another one, which no contract of a table tells."""
    (first,) = plan_night(mapped_shop(tmp_path, LIGHTSPEED + BACK), DAY)
    changed = (LIGHTSPEED + BACK).replace('"Betaald" = "paid"', '"Betaald" = "pending"')
    (second,) = plan_night(mapped_shop(tmp_path, changed), DAY)
    assert first.rules != second.rules


def test_a_shops_own_mapping_comes_before_that_of_mandje(tmp_path: Path) -> None:
    toml = SHOP_TOML.replace("mapping:erp", "mapping:lightspeed")
    (tmp_path / "shop.toml").write_text(toml)
    assert load_shop(tmp_path).settings.mapping_of("erp") == shipped_mapping("lightspeed")
    (tmp_path / "mappings").mkdir()
    (tmp_path / "mappings" / "lightspeed.toml").write_text(LIGHTSPEED + BACK)
    assert load_shop(tmp_path).settings.mapping_of("erp") != shipped_mapping("lightspeed")


def test_every_mapping_of_mandje_is_sound() -> None:
    assert shipped_names() == sorted(path.stem for path in (ROOT / "src" / "mandje" / "mappings").iterdir())
    assert all(shipped_mapping(name) for name in shipped_names())


DOCUMENTS = """
file = "*.jsonl"

[[tables]]
feed = "order_lines"
each = "items"
order_id = "^id"
product_id = "sku"
quantity = "count"
gross_amount = "price"
discount_amount = {is = 0}
currency_code = {is = "EUR"}
"""


@pytest.mark.parametrize(
    ("found", "changed", "expected"),
    [
        ('"^id"', '"^"', "tables[1] (order_lines): '^' is no path such as buyer.email"),
        ('"^id"', '"^^id"', "tables[1] (order_lines): '^^id' is no path"),
        ('"sku"', '"a..b"', "tables[1] (order_lines): 'a..b' is no path"),
        (
            'file = "*.jsonl"',
            'file = "*.jsonl"\ndecimal = ","',
            "decimal is of CSV, and its files hold documents",
        ),
        ('each = "items"', 'first_of = "id"', "first_of: its files hold documents"),
    ],
)
def test_documents_have_paths(tmp_path: Path, found: str, changed: str, expected: str) -> None:
    mapped_shop(tmp_path, DOCUMENTS)
    assert expected in faults(tmp_path, DOCUMENTS.replace(found, changed))
