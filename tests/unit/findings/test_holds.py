from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

from mandje.findings.holds import Hold, keep_passes, not_passed, passes
from tiny_shop import make_shop

DAY = date(2025, 5, 30)
HOLD = Hold("day:orders:2025-05-30:(all)", "16", "2", "2 orders on Friday, usually 16")


def test_a_pass_is_for_one_figure_night_and_pair_of_values(tmp_path: Path) -> None:
    shop = make_shop(tmp_path)
    others = [replace(HOLD, figure="predictions"), replace(HOLD, before="17"), replace(HOLD, now="1")]
    assert not_passed(shop, DAY, [HOLD]) == [HOLD]
    keep_passes(shop, DAY, [HOLD], "a holiday")
    assert not_passed(shop, DAY, [HOLD, *others]) == others
    assert not_passed(shop, DAY + timedelta(days=1), [HOLD]) == [HOLD]


def test_what_lasts_is_passed_once_for_all_nights_with_these_values(tmp_path: Path) -> None:
    shop = make_shop(tmp_path)
    lasting = replace(HOLD, lasts=True)
    keep_passes(shop, DAY, [lasting], "the order moved to another site")
    assert not_passed(shop, DAY + timedelta(days=400), [lasting]) == []
    other = replace(lasting, now="3")
    assert not_passed(shop, DAY, [other]) == [other]


def test_who_when_and_why_stays_in_order(tmp_path: Path) -> None:
    shop = make_shop(tmp_path)
    for number in range(12):
        keep_passes(shop, DAY, [replace(HOLD, now=str(number))], f"reason {number}")
    kept = passes(shop)
    assert [one.reason for one in kept] == [f"reason {number}" for number in range(12)]
    assert all(one.passed_by and one.passed_at.endswith("+00:00") for one in kept)
    assert [one.passed_at for one in kept] == sorted(one.passed_at for one in kept)


def test_a_pass_that_was_removed_makes_no_room_for_another(tmp_path: Path) -> None:
    shop = make_shop(tmp_path)
    for reason in ("one", "two", "three"):
        keep_passes(shop, DAY, [HOLD], reason)
    (shop.ops / "passes" / "000001.json").unlink()
    keep_passes(shop, DAY, [HOLD], "four")
    assert [one.reason for one in passes(shop)] == ["two", "three", "four"]
