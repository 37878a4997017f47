from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any
from zoneinfo import ZoneInfo

import polars as pl
from small_shop import Made, delivered_gross

from mandje.simulate.sales.daily_truth import AMOUNTS, COUNTS, QUANTITIES, add_up, daily_sums
from mandje.simulate.world.sites import SITES

PLACES = Decimal("0.0001")
_ZERO = Decimal(0)


@dataclass
class Ledger:
    """Figures by site and day, one row at a time, from what was delivered and kept."""

    rates: dict[date, Decimal]
    figures: dict[tuple[str, date], defaultdict[str, Decimal]] = field(default_factory=dict)

    def add(self, site: str, day: date, **amounts: Decimal) -> None:
        for where in (site, "(all)"):
            own = self.figures.setdefault((where, day), defaultdict(Decimal))
            for name, amount in amounts.items():
                own[name] += amount

    def converted(self, amount: Decimal, site: str, day: date) -> Decimal:
        rate = Decimal(1) if site == "nl" else self.rates[day]
        return (amount * rate).quantize(PLACES, ROUND_HALF_UP)


def _rates(made: Made) -> dict[date, Decimal]:
    given = {row["rate_date"]: row["rate"] for row in made.world.rates.delivered.iter_rows(named=True)}
    rates = {}
    for number in range(made.world.clock.days):
        day = made.world.clock.date_of(number)
        latest = max(known for known in given if known <= day)
        assert day - latest < timedelta(days=7)
        rates[day] = given[latest]
    return rates


def _local(at: datetime, site: str) -> date:
    zone = next(own.time_zone for own in SITES if own.name == site)
    return at.astimezone(ZoneInfo(zone)).date()


def _kept(made: Made, feed: str) -> list[dict[str, Any]]:
    return list(made.feeds[feed].filter(pl.col("outcome") == "kept").iter_rows(named=True))


def _persons(made: Made, orders: list[dict[str, Any]]) -> dict[int, str]:
    """By the rule: customer, else the customer with the address, else the address, else the order."""
    end = datetime.fromtimestamp(made.world.clock.end / 1_000_000, UTC)
    customers = {
        row["person"]
        for row in made.people.iter_rows(named=True)
        if row["account_at"] is not None and row["account_at"] < end.timestamp() * 1_000_000
    }
    address = {}
    for row in made.feeds["orders"].filter(pl.col("email").is_not_null()).iter_rows(named=True):
        person = row["order_id"] // 4096
        if person in customers:
            address[row["email"].strip().lower()] = person
    persons = {}
    for row in orders:
        email = (row["email"] or "").strip().lower()
        customer = row["customer_id"] if row["customer_id"] is not None else address.get(email)
        if customer is not None:
            persons[row["order_id"]] = f"customer:{customer}"
        else:
            persons[row["order_id"]] = f"email:{email}" if email else f"order:{row['order_id']}"
    return persons


def _add_orders(made: Made, ledger: Ledger, orders: dict[int, dict[str, Any]]) -> None:
    counted = sorted(orders.values(), key=lambda row: (row["ordered_at"], row["order_id"]))
    persons = _persons(made, counted)
    seen, present = set(), set()
    for row in counted:
        site, day, who = row["site"], row["day"], persons[row["order_id"]]
        ledger.add(site, day, order_count=Decimal(1), new_customer_count=Decimal(who not in seen))
        seen.add(who)
        is_guest = not who.startswith("customer:")
        merged = not is_guest and row["customer_id"] is None
        ledger.add(site, day, guest_order_count=Decimal(is_guest), guest_merged_order_count=Decimal(merged))
        for where in (site, "(all)"):
            if (where, day, who) not in present:
                present.add((where, day, who))
                ledger.figures[where, day]["customer_count"] += 1
        for name in ("shipping", "other_charges", "tax", "discount"):
            amount = ledger.converted(row[f"{name}_amount"], site, day)
            ledger.add(site, day, **{f"{name}_amount": amount})
            if name == "discount":
                ledger.add(site, day, by_date=-amount)


def _add_lines(made: Made, ledger: Ledger, orders: dict[int, dict[str, Any]]) -> None:
    for line in _kept(made, "order_lines"):
        if (order := orders.get(line["order_id"])) is None:
            continue
        site, day = order["site"], order["day"]
        gross = ledger.converted(delivered_gross(line), site, day)
        discount = ledger.converted(line["discount_amount"], site, day)
        ledger.add(site, day, unit_quantity=Decimal(line["quantity"]), gross_sales_amount=gross)
        ledger.add(site, day, discount_amount=discount, by_date=gross - discount)


def _add_returns(made: Made, ledger: Ledger, orders: dict[int, dict[str, Any]]) -> None:
    known = set()
    for row in _kept(made, "returns"):
        site, day = row["site"], _local(row["returned_at"], row["site"])
        order = orders[row["return_id"] // 64]
        refund = ledger.converted(row["refund_amount"], site, order["day"])
        ledger.add(site, day, returned_quantity=Decimal(row["quantity"]), returned_amount=refund)
        ledger.add(site, day, tax_refund_amount=ledger.converted(row["tax_amount"], site, order["day"]))
        ledger.add(site, day, return_count=Decimal(row["return_id"] not in known))
        ledger.add(site, order["day"], by_date=-refund)
        known.add(row["return_id"])


def _add_adjustments(made: Made, ledger: Ledger, orders: dict[int, dict[str, Any]]) -> None:
    for row in _kept(made, "adjustments"):
        site, day = row["site"], _local(row["adjusted_at"], row["site"])
        rate_day = orders[row["order_id"]]["day"] if row["order_id"] is not None else day
        amount = ledger.converted(row["amount"], site, rate_day)
        if row["kind"] not in {"shop_cost", "bad_debt"}:
            ledger.add(site, day, tax_refund_amount=ledger.converted(row["tax_amount"], site, rate_day))
        if row["kind"] in {"discount", "price_correction"}:
            ledger.add(site, day, sales_correction_amount=amount)
            ledger.add(site, rate_day, by_date=-amount)
        else:
            ledger.add(site, day, **{f"{row['kind']}_amount": amount})


def _ledger(made: Made) -> Ledger:
    ledger = Ledger(_rates(made))
    orders = {row["order_id"]: row for row in _kept(made, "orders") if row["status"] in {"paid", "fulfilled"}}
    for row in orders.values():
        row["day"] = _local(row["ordered_at"], row["site"])
    for add in (_add_orders, _add_lines, _add_returns, _add_adjustments):
        add(made, ledger, orders)
    return ledger


def _with_derived(figures: defaultdict[str, Decimal]) -> defaultdict[str, Decimal]:
    figures["net_sales_by_order_date_amount"] = figures["by_date"]
    figures["returning_customer_count"] = figures["customer_count"] - figures["new_customer_count"]
    figures["net_sales_amount"] = (
        figures["gross_sales_amount"] - figures["discount_amount"]
        - figures["sales_correction_amount"] - figures["returned_amount"]
    )  # fmt: skip
    figures["total_sales_amount"] = (
        figures["net_sales_amount"] + figures["tax_amount"] - figures["tax_refund_amount"]
        + figures["shipping_amount"] - figures["shipping_refund_amount"]
        + figures["other_charges_amount"] - figures["charge_refund_amount"]
    )  # fmt: skip
    return figures


def _compare(parts: list[Made], ledgers: list[Ledger]) -> int:
    """Days compared. Nobody is in two blocks: figures of blocks add up."""
    truth = add_up([daily_sums(part.world, part.people, part.sales) for part in parts])
    expected: dict[tuple[str, date], defaultdict[str, Decimal]] = {}
    for ledger in ledgers:
        for key, figures in ledger.figures.items():
            own = expected.setdefault(key, defaultdict(Decimal))
            for name, value in figures.items():
                own[name] += value
    rows = {(row["site"], row["kpi_date"]): row for row in truth.iter_rows(named=True)}
    assert rows.keys() == expected.keys()
    for key, figures in expected.items():
        derived = _with_derived(figures)
        for name in (*COUNTS, *QUANTITIES, *AMOUNTS):
            assert rows[key][name] == derived[name], (key, name)
    return len(rows)


def test_daily_figures_equal_a_plain_count_of_the_kept_rows(made: Made) -> None:
    assert _compare([made], [_ledger(made)]) > 800


def test_figures_of_blocks_add_up(blocks: list[Made]) -> None:
    assert _compare(blocks, [_ledger(block) for block in blocks]) > 800


def test_both_views_have_the_same_sum_over_all_days(made: Made) -> None:
    truth = add_up([daily_sums(made.world, made.people, made.sales)])
    for _, days in truth.group_by("site"):
        assert days["net_sales_amount"].sum() == days["net_sales_by_order_date_amount"].sum() > _ZERO


def test_all_sites_are_the_sum_of_the_sites_but_for_people(made: Made) -> None:
    truth = add_up([daily_sums(made.world, made.people, made.sales)])
    everywhere = truth.filter(pl.col("site") == "(all)")
    sites = truth.filter(pl.col("site") != "(all)")
    for name in ("order_count", "new_customer_count", "gross_sales_amount", "tax_amount", "returned_amount"):
        assert everywhere[name].sum() == sites[name].sum()
