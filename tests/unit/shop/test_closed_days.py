from datetime import date, timedelta
from pathlib import Path

import pytest

from mandje.errors import MandjeError
from mandje.shop.closed_days import closed_days
from mandje.shop.settings import load_shop
from tiny_shop import SHOP_TOML

DAYS = [date(2010, 12, 20) + timedelta(days=number) for number in range(21)]


@pytest.mark.parametrize(
    ("text", "held"),
    [
        ("saturday", [date(2010, 12, 25), date(2011, 1, 1), date(2011, 1, 8)]),
        (" Sunday ", [date(2010, 12, 26), date(2011, 1, 2), date(2011, 1, 9)]),
        ("2010-12-25", [date(2010, 12, 25)]),
        ("2010-12-31..2011-01-02", [date(2010, 12, 31), date(2011, 1, 1), date(2011, 1, 2)]),
    ],
)
def test_weekdays_days_and_spans(text: str, held: list[date]) -> None:
    assert [day for day in DAYS if closed_days(text).holds(day)] == held


@pytest.mark.parametrize(
    "text", ["", "someday", "2010-13-01", "2011-01-03..2010-12-24", "..", "2010-12-24.."]
)
def test_all_else_is_a_fault_of_shop_toml_that_names_the_key(text: str, tmp_path: Path) -> None:
    faulty = SHOP_TOML.replace("[sources.returns]", f'[sources.returns]\nclosed = ["{text}"]')
    (tmp_path / "shop.toml").write_text(faulty)
    with pytest.raises(MandjeError, match=r"sources\.returns\.closed"):
        load_shop(tmp_path)


def test_a_day_without_quotes_is_a_day_too(tmp_path: Path) -> None:
    closed = SHOP_TOML.replace("[sources.returns]", "[sources.returns]\nclosed = [2025-01-20]")
    (tmp_path / "shop.toml").write_text(closed)
    assert load_shop(tmp_path).settings.sources["returns"].is_closed(date(2025, 1, 20))


def test_a_text_alone_is_no_list(tmp_path: Path) -> None:
    closed = SHOP_TOML.replace("[sources.returns]", '[sources.returns]\nclosed = "sunday"')
    (tmp_path / "shop.toml").write_text(closed)
    with pytest.raises(MandjeError, match="not a list such as"):
        load_shop(tmp_path)
