"""Snapshots are taken away: readers leave before they go, and a rollback holds what is left of it."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta

import pytest

from hand_built import FIRST_DAY, OPS, names
from mandje.publish.published_folder import Pin, current_snapshot, read_pin, rollback, withdraw
from mandje.publish.snapshot import publish
from mandje.shop.settings import Shop

Build = Callable[..., None]


@pytest.fixture
def three(shop: Shop, build: Build) -> list[str]:
    """Snapshots of three nights, oldest first."""
    folders = []
    for number in range(3):
        build(10 + number)
        folders.append(publish(shop, FIRST_DAY + timedelta(days=number), OPS).folder)
    return folders


def readers(shop: Shop) -> str:
    current = current_snapshot(shop)
    assert current is not None
    assert json.loads((shop.published / "current.json").read_text())["folder"] == current.name
    return current.name


def test_readers_go_to_the_one_before(shop: Shop, three: list[str]) -> None:
    first, second, third = three
    for _ in range(2):  # twice changes nothing
        withdraw(shop, [third], second)
        assert readers(shop) == second
        assert set(names(shop.published)) == {".lock", "current", "current.json", first, second}


def test_without_another_nothing_is_left(shop: Shop, three: list[str]) -> None:
    rollback(shop, three[0])
    withdraw(shop, three, None)
    assert names(shop.published) == [".lock"]


def test_a_rollback_to_one_that_stays_holds(shop: Shop, three: list[str]) -> None:
    first, second, third = three
    rollback(shop, first)
    withdraw(shop, [third], second)
    assert (readers(shop), read_pin(shop)) == (first, Pin(first, second))


def test_a_rollback_to_one_that_goes_ends(shop: Shop, build: Build, three: list[str]) -> None:
    _, second, third = three
    build(20)
    again = publish(shop, FIRST_DAY + timedelta(days=2), OPS).folder
    rollback(shop, third)
    withdraw(shop, [third, again], second)
    assert (readers(shop), read_pin(shop)) == (second, None)


def test_readers_elsewhere_stay(shop: Shop, three: list[str]) -> None:
    first, second, third = three
    withdraw(shop, [first], second)
    assert readers(shop) == third


def test_killed_after_the_link_moved_the_file_beside_it_follows(shop: Shop, three: list[str]) -> None:
    _, second, third = three
    before = (shop.published / "current.json").read_text()
    withdraw(shop, [third], second)
    (shop.published / "current.json").write_text(before)
    withdraw(shop, [third], second)
    assert readers(shop) == second


def test_readers_leave_before_the_snapshot_goes(
    shop: Shop, three: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise InterruptedError("killed")

    monkeypatch.setattr("mandje.publish.published_folder._remove", refuse)
    with pytest.raises(InterruptedError, match="killed"):
        withdraw(shop, [three[2]], three[1])
    assert readers(shop) == three[1]
