"""What somebody changed is named 14 nights later at the latest; an ordinary shop is left in peace.

The shops have the demo's size: with a tenth of its orders the same changes drown in chance.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import timedelta
from pathlib import Path

import duckdb
import pytest

from changed_shop import make_base, make_planted
from mornings import Said, by_kind, newest_day, said_on, said_until, snapshot
from named_changes import names_it
from once_per_run import made_once
from planted_marts import changeable, days_through, planted
from plants import UNCHANGED

pytestmark = [pytest.mark.full, pytest.mark.filterwarnings("ignore::DeprecationWarning")]

SEED = 1
# Changes that do not touch each other share a shop: a night takes most of a minute.
TOGETHER = (("phones",), ("comes_back", "channel_cost"), ("carts_left", "missing"))
TRAPS = (("at_a_loss", "hardly_sells"), ("new_product", "days_without_visits"))
# What is lacking is told, and is no claim that something changed.
FACTS = ("delivery_", "deliveries_")


@pytest.fixture(scope="module")
def before(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """As of the day before any change."""
    return made_once(tmp_path_factory, "before_changes", lambda folder: make_base(folder, SEED))


def _said_after(before: Path, folder: Path, names: Sequence[str]) -> list[Said]:
    make_planted(before, folder, names)
    with snapshot(folder) as connection:
        return said_on(connection, newest_day(folder))


def _claims(said: Sequence[Said]) -> list[Said]:
    return [one for one in said if not one.sentence.kind.startswith(FACTS)]


@pytest.mark.parametrize("names", TOGETHER, ids="+".join)
def test_a_change_is_named_fourteen_nights_after_it_began(
    before: Path, tmp_path: Path, names: tuple[str, ...]
) -> None:
    said = _said_after(before, tmp_path / "shop", names)
    for name in names:
        assert any(names_it(name, one.sentence) for one in said), (name, [str(one) for one in said])


@pytest.mark.parametrize("names", TRAPS, ids="+".join)
def test_what_only_looks_like_a_change_is_not_named(
    before: Path, tmp_path: Path, names: tuple[str, ...]
) -> None:
    said = _said_after(before, tmp_path / "shop", names)
    claims = _claims(said)
    assert claims == [], [str(one) for one in claims]


def test_sixty_ordinary_nights_have_three_sentences_at_most(before: Path, tmp_path: Path) -> None:
    make_planted(before, tmp_path / "shop", [UNCHANGED])
    with snapshot(tmp_path / "shop") as connection:
        said = said_until(connection, newest_day(tmp_path / "shop"), 60)
    assert len(said) <= 3, by_kind(said)


def test_the_whole_history_has_hardly_a_sentence(before: Path) -> None:
    """Two Christmases are in it, growth of 18 % a year, and a year that has none to compare with."""
    last = newest_day(before)
    with snapshot(before) as connection:
        mornings = days_through(last - timedelta(days=650), last, 14)
        said = _claims([one for morning in mornings for one in said_on(connection, morning)])
    assert len(mornings) > 45
    assert len(said) <= 3, [str(one) for one in said]


@pytest.fixture(scope="module")
def copy(before: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[duckdb.DuckDBPyConnection]:
    database = before / "published" / "current" / "mandje.duckdb"
    with changeable(database, tmp_path_factory.mktemp("marts") / "copy.duckdb") as connection:
        yield connection


@pytest.mark.parametrize("kind", ["phones", "comes_back", "channel_cost", "carts_left"])
def test_a_change_is_named_whenever_it_begins(
    before: Path, copy: duckdb.DuckDBPyConnection, kind: str
) -> None:
    """One shop and one day would be luck: here are twelve days of the last year.

    In a shop of fourteen orders a day chance hides one change in ten.
    """
    last = newest_day(before)
    mornings = days_through(last - timedelta(days=336), last, 28)[1:]
    named = []
    for morning in mornings:
        with planted(copy, kind, morning - timedelta(days=13), morning):
            named.append(any(names_it(kind, one.sentence) for one in said_on(copy, morning)))
    assert len(named) == 12
    assert sum(named) >= 8, dict(zip(mornings, named, strict=True))
