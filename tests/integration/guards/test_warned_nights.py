"""What failed and must be told: on the screen, in every command, in the snapshot; until it is mended."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from command_line import mandje, told
from mandje.errors import ExitCode
from mandje.publish.published_folder import current_snapshot
from mandje.shop.settings import Shop
from tiny_shop import FIRST_DAY, Exports, drop, line, make_shop, random_exports, refund

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")

FIRST, SECOND = FIRST_DAY + timedelta(days=60), FIRST_DAY + timedelta(days=61)
NOON = datetime(2025, 2, 10, 12, tzinfo=UTC)
Told = dict[str, dict[str, Any]]


def planted() -> Exports:
    """Returns and purchases that name orders which nobody delivered."""
    exports = random_exports(seed=5, orders=60, days=30)
    for number in range(7):
        sold = line("", 1, f"p{number % 6}", 1, "5.00")
        exports.add("returns", NOON.date(), refund(f"lost{number}", NOON, sold, 1, order_id=f"gone{number}"))
    visit = next(rows[0] for (feed, _), rows in exports.rows.items() if feed == "session_events")
    for number in range(8):
        bought = {"event_id": f"b{number}", "event_type": "purchase", "event_at": NOON.isoformat()}
        exports.add("session_events", NOON.date(), visit | bought | {"order_id": f"nowhere{number}"})
    return exports


def in_csv(exports: Exports, feed: str) -> Iterator[dict[str, Any]]:
    for (name, _), rows in exports.rows.items():
        yield from rows if name == feed else ()


def slow_counts(exports: Exports) -> dict[str, set[str]]:
    """Which keys fail which check while no line was delivered, from the rows alone."""
    orders = {row["order_id"] for row in in_csv(exports, "orders")}
    customers = {row["customer_id"] for row in in_csv(exports, "customers")}
    return {
        "order_totals_add_up": orders,
        "orders_linked_customer_id": {
            row["order_id"]
            for row in in_csv(exports, "orders")
            if row["customer_id"] and row["customer_id"] not in customers
        },
        "relationships_returns_named_order_id__order_id__ref_order_facts_": {
            row["order_id"]
            for row in in_csv(exports, "returns")
            if row["order_id"] and row["order_id"] not in orders
        },
        "session_events_linked_order_id": {
            row["event_id"]
            for row in in_csv(exports, "session_events")
            if row["order_id"] and row["order_id"] not in orders
        },
    }


def listed(shop: Shop, *words: str) -> Told:
    rows = json.loads(mandje("warnings", shop.folder, *words, "--format", "json").stdout)
    return {row["check_name"]: row for row in rows}


def warned_lines(screen: str) -> list[str]:
    """The closing screen's own lines, without their titles."""
    lines = screen.splitlines()
    start = next((n for n, text in enumerate(lines) if text.startswith("warnings ")), None)
    if start is None:
        return []
    end = next(n for n, text in enumerate(lines) if n > start and not text.startswith(" " * 18))
    return [text[18:] for text in lines[start:end]]


def night(shop: Shop, day: date, exit_code: ExitCode = ExitCode.OK) -> str:
    said = mandje("night", shop.folder, "--date", day)
    assert said.exit_code == exit_code, said.stdout + said.stderr
    return said.stdout


@pytest.fixture(scope="module")
def exports() -> Exports:
    return planted()


@pytest.fixture(scope="module")
def first_night(tmp_path_factory: pytest.TempPathFactory, exports: Exports) -> tuple[Shop, str]:
    """A shop whose order lines never came, and the closing screen."""
    shop = make_shop(tmp_path_factory.mktemp("warned") / "shop")
    with (shop.folder / "shop.toml").open("a", encoding="utf-8") as settings:
        settings.write("[totals]\nmost_untied_ratio = 1\n")  # told all the same
    drop(shop, exports, [one for one in exports.deliveries() if one[0] != "order_lines"])
    return shop, night(shop, FIRST)


def test_a_first_night_tells_every_failed_check_with_its_keys(
    first_night: tuple[Shop, str], exports: Exports
) -> None:
    shop, screen = first_night
    expected, found = slow_counts(exports), listed(shop)
    assert set(expected) | {"orders_fresh_ordered_at"} <= set(found)
    told_on_screen = " ".join(warned_lines(screen))
    for check, keys in expected.items():
        row = found[check]
        assert row["row_count"] == len(keys) > 5, check
        assert row["is_new"]
        assert f" {len(keys)} " in f" {row['sentence']} "
        first = {part.split("=")[1] for part in row["first_keys"].replace(",", "").split() if "=" in part}
        assert len(first & keys) == 5, check
        answer = json.loads(mandje("query", shop.folder, row["list_query"], "--format", "json").stdout)
        of_key = [set(json.loads(one["keys"]).values()) & keys for one in answer]
        assert set().union(*of_key) == keys, check
        assert len(answer) == len(keys), check
        assert row["first_keys"] in told_on_screen
        assert f"mandje warnings {shop.folder} {check}" in told_on_screen
        rows = json.loads(mandje("warnings", shop.folder, check, "--format", "json").stdout)
        assert rows == [json.loads(one["keys"]) for one in answer]
    assert "configured to warn" not in screen


def test_every_place_tells_them(first_night: tuple[Shop, str], exports: Exports) -> None:
    shop, _ = first_night
    orders = len(slow_counts(exports)["order_totals_add_up"])
    assert f"order_totals_add_up ({orders})" in told("status", shop.folder)
    verdict = told("publish", shop.folder, "--check")
    assert "The gate is open" in verdict
    assert f"The total of {orders} order(s) is not the sum of their lines" in verdict
    snapshot = current_snapshot(shop)
    assert snapshot is not None
    manifest = json.loads((snapshot / "manifest.json").read_text())
    found = listed(shop)
    assert {one["check"]: one for one in manifest["warnings"]} == {
        check: {
            "check": check,
            "severity": row["severity"],
            "count": row["row_count"],
            "sentence": row["sentence"],
        }
        for check, row in found.items()
    }
    assert "order_id=" not in json.dumps(manifest["warnings"])
    assert "did not fail" in told("warnings", shop.folder, "nothing", exit_code=ExitCode.USER_ERROR)
    assert "no such night" in told(
        "warnings", shop.folder, "--date", "2001-01-01", exit_code=ExitCode.USER_ERROR
    )


def test_a_night_that_the_gate_holds_tells_what_holds_it_what_is_new_and_what_stands(
    first_night: tuple[Shop, str], exports: Exports
) -> None:
    """Lines came, so their warning is gone; more lines came without any header."""
    shop, _ = first_night
    before = listed(shop)
    drop(shop, exports, [one for one in exports.deliveries() if one[0] == "order_lines"])
    late = Exports()
    for number in range(60):
        late.add("order_lines", SECOND, line(f"x{number // 2}", number, "p1", 1, "2.00"))
    drop(shop, late, late.deliveries())
    night(shop, SECOND, exit_code=ExitCode.GATE_CLOSED)

    found = listed(shop)
    gone = {check for check in set(before) - set(found) if not check.startswith("silence:")}
    assert gone == {"order_totals_add_up"}  # that feeds were silent before is told on the first night only
    fresh = {check: (row["severity"], row["row_count"]) for check, row in found.items() if row["is_new"]}
    assert fresh == {"lines_have_an_order": ("warn", 30), "order_lines_linked_order_id": ("hold", 60)}
    assert listed(shop, "--date", str(FIRST)) == before
    why = told("publish", shop.folder, "--check", exit_code=ExitCode.GATE_CLOSED)
    assert f"Warnings of the night of {SECOND}: - hold: order_id of 60 row(s) of order_lines" in why
    assert "The lines of 30 order(s) came without a header" in why
    standing = f"{len(found) - 2} warnings stand since earlier nights"
    assert f"2 new: order_lines_linked_order_id (60), lines_have_an_order (30); {standing}" in told(
        "status", shop.folder
    )
    answer = mandje("warnings", shop.folder, "order_lines_linked_order_id", "--format", "json").stdout
    assert {row["order_id"] for row in json.loads(answer)} == {f"x{number}" for number in range(30)}
