"""A night of two sites that number alike: the gate holds the ids by name until a person lets them through."""

import json
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from command_line import mandje, told
from mandje.errors import ExitCode
from mandje.publish.published_folder import current_snapshot
from mandje.publish.query import query_snapshot
from tiny_shop import SHOP_TOML, Exports, line, order, refund, small_shop

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")
NIGHT = date(2025, 3, 4)
AT = datetime(2025, 3, 3, 12, tzinfo=UTC)
SITE = '[sites.be]\ntime_zone = "Europe/Brussels"\ncurrency = "EUR"\n'


def _exports() -> Exports:
    """Order 100 of both sites on two days, return r1 of both in one file; order 102 differs in one file."""
    exports = Exports()
    sold = [line(number, 1, "p1", 1, "20.00") for number in ("100", "101", "102")]
    for row in sold:
        exports.add("orders", NIGHT - timedelta(days=1), order(row["order_id"], AT, [row]))
        exports.add("order_lines", NIGHT - timedelta(days=1), row)
    exports.add("orders", NIGHT - timedelta(days=1), order("102", AT, [line("102", 1, "p1", 1, "21.00")]))
    exports.add("orders", NIGHT, order("100", AT, [line("100", 1, "p2", 1, "30.00")], site="be"))
    exports.add("order_lines", NIGHT, line("100", 1, "p2", 1, "30.00"))
    for site in ("nl", "be"):
        exports.add("returns", NIGHT, refund("r1", AT, sold[1], 1, site=site))
    return exports


@pytest.mark.full
def test_ids_of_two_sites_close_the_gate_until_a_person_lets_them_through(tmp_path: Path) -> None:
    shop = small_shop(tmp_path, SHOP_TOML + SITE).deliver_all(_exports()).shop
    line_ = told("night", tmp_path, "--date", NIGHT, exit_code=ExitCode.GATE_CLOSED)
    assert "closed for 2 reason(s)" in line_
    assert "order_id=100 (be in orders/2025-03-04/orders.csv line 2, nl in orders/2025-03-03/" in line_
    assert "return_id=r1 (be in returns/2025-03-04/returns.csv line 3, nl in returns/2025-03-04/" in line_
    assert "`id_prefix`" in line_
    assert "`mandje pass SHOP orders_two_sites --why TEXT`" in line_
    assert current_snapshot(shop) is None

    listed = json.loads(mandje("warnings", tmp_path, "orders_two_sites", "--format", "json").stdout)
    assert [one["order_id"] for one in listed] == ["100"]
    warned = told("warnings", tmp_path)
    assert "orders_same_key: 1 key(s) of orders (order_id) come again in one delivery" in warned
    assert (
        "order_id=102 (orders/2025-03-03: 24.95 EUR in orders.csv line 4, 25.95 EUR in orders.csv" in warned
    )

    told("pass", tmp_path, "orders_two_sites", "--why", "moved to the Belgian site")
    assert "closed" in told("publish", tmp_path, "--check", exit_code=ExitCode.GATE_CLOSED)
    told("pass", tmp_path, "returns_two_sites", "--why", "sent back there")
    told("publish", tmp_path)
    passed = query_snapshot(shop, "select figure, reason from ops.passes order by figure").rows()
    assert passed == [
        ("orders_two_sites", "moved to the Belgian site"),
        ("returns_two_sites", "sent back there"),
    ]
    snapshot = current_snapshot(shop)
    assert snapshot is not None
    assert "order_id=100" not in (snapshot / "manifest.json").read_text()
