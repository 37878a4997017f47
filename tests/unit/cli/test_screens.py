"""Screens that a tired person reads on a terminal of 80 columns: `status`, `reconcile`, `query`; mistakes."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import polars as pl
import pytest

from command_line import mandje, told
from mandje.cli.screens.accounts import show_section
from mandje.cli.screens.frames import Format, show_first
from mandje.cli.screens.terminal import console
from mandje.contracts.feeds import FEEDS
from mandje.errors import ExitCode, MandjeError
from mandje.ingest.load import load
from mandje.ingest.validate import validate
from mandje.observe.records.nights import begin_night, note_stop, write_record
from mandje.shop.settings import Shop, load_shop
from mandje.warehouse.order_totals import TOTALS_SCHEMA

FIRST = date(2025, 1, 6)
LAST = FIRST + timedelta(40)
SETTINGS = """
name = "wide"
reporting_currency = "EUR"
time_zone = "Europe/Amsterdam"
[schedule]
is_on = false
[sites.nl]
time_zone = "Europe/Amsterdam"
currency = "EUR"
"""
LINES = "order_id,line_number,product_id,quantity,currency_code,unit_price_amount,discount_amount\n"


@pytest.fixture(autouse=True)
def _eighty_columns(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(console, "_width", 80)


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    """Twelve sources, each with something that is not as it should be, and a night that stopped at length."""
    sources = "".join(
        f'[sources.{feed}]\nadapter = "canonical"\nexpected = "daily"\non_refused = "go_on"\n'
        for feed in FEEDS
    )
    (tmp_path / "shop.toml").write_text(SETTINGS + sources)
    for feed in FEEDS:
        for days in (0, 3, 11, 40):
            drop(tmp_path, feed, FIRST + timedelta(days), "" if days else f"nonsense of {feed}\n")
    drop(tmp_path, "order_lines", LAST, LINES + "o1,1,p1,1,EUR,5,0\n")
    (tmp_path / "exports" / "unknown_one").mkdir()
    (tmp_path / "exports" / "unknown_two").mkdir()
    return load_shop(tmp_path)


def drop(folder: Path, source: str, day: date, text: str) -> None:
    path = folder / "exports" / source / day.isoformat() / f"{source}.csv"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def test_status_is_at_most_forty_lines_of_eighty_columns(shop: Shop) -> None:
    validate(shop, LAST)
    load(shop, LAST)
    begin_night(shop, LAST)
    note_stop(shop, LAST, "build", "a reason with many words; " * 40, ExitCode.NIGHT_STOPPED)
    why = {"why": "said at length " * 30}
    fit = {"order_form": None, "champion": "BG/NBD", "judgement": why}
    write_record(shop, LAST, "predict", {"result": fit})
    lines = mandje("status", shop.folder).stdout.splitlines()
    assert len(lines) <= 40
    assert max(map(len, lines)) <= 80
    assert [feed for feed in FEEDS if not any(line.startswith(feed) for line in lines)] == []
    assert sum(line.startswith("refused ") for line in lines) == 6  # five by name, and how many more
    assert lines[-1] == "cut short at …; `--full` tells all"
    full = told("status", shop.folder, "--full")
    assert full.count("a reason with many words") == 40
    assert full.count("the file has 0 bytes") == len(FEEDS) * 3 - 1
    assert "…" not in full


def test_no_letter_is_lost_but_at_the_end(shop: Shop) -> None:
    words = " ".join("abcdefghij" * 60)  # fills lines to their last column
    begin_night(shop, LAST)
    note_stop(shop, LAST, "build", words, ExitCode.NIGHT_STOPPED)
    lines = mandje("status", shop.folder).stdout.splitlines()
    first = next(number for number, line in enumerate(lines) if line.startswith("stopped"))
    last = next(number for number in range(first, len(lines)) if lines[number].endswith(" …"))
    shown = " ".join(line[17:].strip() for line in lines[first : last + 1]).removesuffix(" …")
    assert last > first
    assert words.startswith(shown.partition(": ")[2])


def test_what_was_refused_and_is_mended_takes_one_line(shop: Shop) -> None:
    validate(shop, LAST)
    load(shop, LAST)
    for days in (0, 3, 11):
        drop(shop.folder, "order_lines", FIRST + timedelta(days), LINES)
    validate(shop, LAST)
    load(shop, LAST)
    lines = mandje("status", shop.folder).stdout.splitlines()
    assert [line for line in lines if "refused once" in line] == [
        "mended           3 deliveries were refused once, came again and are loaded"
    ]


def test_sources_that_never_delivered_share_a_line(tmp_path: Path) -> None:
    sources = "".join(f'[sources.{feed}]\nadapter = "canonical"\n' for feed in FEEDS)
    (tmp_path / "shop.toml").write_text(SETTINGS + sources)
    drop(tmp_path, "orders", FIRST, "")
    said = told("status", tmp_path)
    assert "never delivered order_lines, returns, adjustments," in said


def test_reconcile_says_the_totals_first_and_keeps_to_the_width(shop: Shop) -> None:
    validate(shop, LAST)
    load(shop, LAST)
    lines = mandje("reconcile", shop.folder).stdout.splitlines()
    assert lines[0] == "delivered: 1 rows in 1 deliveries: 1 loaded, 0 skipped, 0 rejected"
    assert lines[1].startswith(f"refused whole, in no sum below: {len(FEEDS) * 4 - 1} deliveries")
    assert lines[2] == "difference: 0 rows, 0 money"
    assert max(map(len, lines)) <= 80
    assert lines[-1].endswith("money ties: difference 0")


def test_a_section_is_a_table_also_where_names_are_long(capsys: pytest.CaptureFixture[str]) -> None:
    frame = pl.DataFrame(
        {
            "source": ["experiment_assignments"] * 2 + ["invoices"],
            "table_name": ["experiment_assignments"] * 2 + ["invoices"],
            "destination": [
                "experiment_assignments",
                "rejected:impossible_date",
                "adjustments:price_correction",
            ],
            "currency_code": [None, None, "EUR"],
            "row_count": [123_456_789, 1, 2],
            "money_amount": pl.Series(["0", "0", "-1234567890.1250"]).cast(pl.Decimal(38, 4)),
        }
    )
    show_section(frame)
    lines = capsys.readouterr().out.splitlines()
    assert [line.split() for line in lines] == [
        ["destination", "rows", "money"],
        ["experiment_assignments"],
        ["experiment_assignments", "123,456,789", "0.0000"],
        ["rejected:impossible_date", "1", "0.0000"],
        ["invoices"],
        ["adjustments:price_correction", "EUR", "2", "-1,234,567,890.1250"],
    ]
    assert max(map(len, lines)) <= 80


def test_totals_beside_lines_keep_their_headings_and_currency(capsys: pytest.CaptureFixture[str]) -> None:
    amounts = [Decimal("1234567.1234")] * 4
    show_section(pl.DataFrame([("EUR", 123_456, *amounts, 12)], schema=TOTALS_SCHEMA, orient="row"))
    heading, row = capsys.readouterr().out.splitlines()
    assert heading.split() == ["orders", "totals", "lines", "other", "parts", "difference", "untied"]
    assert row.split() == ["EUR", "123,456", *["1,234,567.1234"] * 4, "12"]
    assert max(len(heading), len(row)) <= 80


def test_no_amount_loses_its_last_digits(capsys: pytest.CaptureFixture[str]) -> None:
    amounts = [Decimal("123456789012.1234")] * 4
    show_section(pl.DataFrame([("EUR", 123_456, *amounts, 12)], schema=TOTALS_SCHEMA, orient="row"))
    row = capsys.readouterr().out.splitlines()[1]
    assert row.split() == ["EUR", "123,456", *["123,456,789,012.1234"] * 4, "12"]


@pytest.mark.parametrize(("limit", "rows"), [(3, 3), (0, 7), (7, 7), (100, 7)])
def test_a_long_answer_says_how_to_see_all(capsys: pytest.CaptureFixture[str], limit: int, rows: int) -> None:
    frame = pl.DataFrame({"n": [f"row{n}" for n in range(7)]})
    show_first(frame, Format.TABLE, limit)
    said = capsys.readouterr().out
    assert said.count("row") == rows + (rows < 7)
    assert ("3 of 7 rows shown; all: `--limit 0`, or `--format csv`" in said) == (rows < 7)
    show_first(frame, Format.CSV, limit)
    assert capsys.readouterr().out.count("row") == 7


def test_a_shop_that_was_meant_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "data" / "garden"
    (folder / "exports").mkdir(parents=True)
    (folder / "shop.toml").write_text(SETTINGS)
    monkeypatch.chdir(tmp_path)
    for given in ("garden", "data/garden/exports"):
        with pytest.raises(MandjeError, match=r"did you mean data/garden\?"):
            load_shop(Path(given))
    with pytest.raises(MandjeError, match="mandje init"):
        load_shop(Path("gardens"))


def test_unseal_without_a_place_to_write_is_wrong_usage(shop: Shop) -> None:
    said = mandje("rejects", shop.folder, "--unseal", "quarantine/x")
    assert said.exit_code == ExitCode.USAGE
    assert "--export FOLDER" in said.stderr
