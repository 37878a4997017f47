"""The cookbook: each question is answered a second time on a small demo; results are the demo's."""

from __future__ import annotations

import json
import re
from collections import Counter, defaultdict
from datetime import date, timedelta
from typing import Any

import duckdb
import pytest
from docs_generator import generate

from demo_shop import LAST
from mandje.publish.public_contract import read_contract
from mandje.publish.query import query_snapshot
from mandje.shop.settings import Shop, load_shop
from repository import ROOT

COOKBOOK = generate.COOKBOOK.read_text(encoding="utf-8")
QUESTIONS = dict(re.findall(r"^## (\d+)\. .*?```sql\n(.*?)```", COOKBOOK, re.DOTALL | re.MULTILINE))
SHOWN = [(one["sql"], one["result"]) for one in generate.QUERY.finditer(COOKBOOK)]
STEPS = ("product_view", "add_to_cart", "begin_checkout", "add_shipping", "add_payment", "purchase")

Row = dict[str, Any]
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")


def answer(shop: Shop, number: int) -> list[Row]:
    """What the cookbook's query says, with decimals as floats."""
    found = query_snapshot(shop, QUESTIONS[str(number)]).rows(named=True)
    assert found
    return [{name: _plain(value) for name, value in row.items()} for row in found]


def rows(shop: Shop, sql: str) -> list[Row]:
    """Rows of the working warehouse, which holds events too."""
    with duckdb.connect(shop.warehouse, read_only=True) as con:
        told = con.execute(sql)
        names = [column[0] for column in told.description or []]
        return [
            {name: _plain(value) for name, value in zip(names, row, strict=True)} for row in told.fetchall()
        ]


def _plain(value: Any) -> Any:
    return float(value) if type(value).__name__ == "Decimal" else value


def _month(day: date) -> int:
    return day.year * 12 + day.month


def summed(found: list[Row], key: str, *names: str) -> dict[Any, dict[str, float]]:
    sums: dict[Any, dict[str, float]] = defaultdict(lambda: dict.fromkeys(names, 0.0))
    for row in found:
        for name in names:
            sums[row[key]][name] += float(row[name] or 0)
    return sums


def test_there_are_fourteen() -> None:
    assert list(QUESTIONS) == [str(number) for number in range(1, 15)]


def test_every_query_has_its_result() -> None:
    assert len(SHOWN) == COOKBOOK.count("```sql") > 14


@pytest.mark.parametrize(("sql", "shown"), SHOWN)
def test_what_is_shown_has_the_columns_of_the_query(sql: str, shown: str, shop: Shop) -> None:
    names, lines = query_snapshot(shop, sql).columns, shown.splitlines()
    assert names in (lines[0].split(), [line.split()[0] for line in lines])


def test_what_is_shown_is_what_the_demo_says() -> None:
    """Only where the demo stands built, by this contract: `make run` comes before `make test`."""
    built = ROOT / "data" / "demo" / "published" / "current"
    manifest = json.loads((built / "manifest.json").read_text()) if built.exists() else {}
    if manifest.get("contract_version") != read_contract().version or manifest["as_of_date"] != "2025-05-30":
        pytest.skip("data/demo is not built as it stands in the repository: `make run`")
    answers = [generate.result(load_shop(ROOT / "data" / "demo"), sql) for sql, _ in SHOWN]
    assert answers == [shown for _, shown in SHOWN], "`.venv/bin/python docs/generate.py data/demo` mends it"


def test_where_mobile_visitors_stop(shop: Shop) -> None:
    events = rows(
        shop,
        "select session_id, event_type from intermediate.int_events_sessionised "
        "inner join marts.sessions using (session_id) "
        f"where sessions.session_date > date '{LAST}' - 28 and sessions.device_category = 'mobile' "
        "order by event_us, event_id",
    )
    come: Counter[str] = Counter()
    for row in events:
        step = STEPS[come[row["session_id"]]] if come[row["session_id"]] < len(STEPS) else None
        come[row["session_id"]] += row["event_type"] == step
    everyone = {row["session_id"] for row in events}
    counts = [sum(come[one] >= number for one in everyone) for number in range(len(STEPS) + 1)]
    (found,) = answer(shop, 1)
    assert found == dict(zip(["sessions", *STEPS], counts, strict=True))


def test_which_products_are_left_most(shop: Shop) -> None:
    left = summed(
        rows(
            shop,
            "select product_name, held.end_amount, 1 as carts "
            "from intermediate.int_cart_products_summed as held "
            "inner join marts.carts using (cart_id) "
            "inner join (select product_id, product_name from marts.products) using (product_id) "
            "where state = 'abandoned' and held.end_quantity > 0",
        ),
        "product_name",
        "end_amount",
        "carts",
    )
    found = answer(shop, 2)
    assert [row["abandoned_amount"] for row in found] == pytest.approx(
        sorted((one["end_amount"] for one in left.values()), reverse=True)[:5]
    )
    assert [row["abandoned_cart_count"] for row in found] == [
        left[row["product_name"]]["carts"] for row in found
    ]


def test_what_last_weeks_abandoned_carts_cost(shop: Shop) -> None:
    carts = [row for row in rows(shop, "from marts.carts") if row["opened_date"] > LAST - timedelta(days=7)]
    left = [row["end_amount"] for row in carts if row["state"] == "abandoned"]
    back = [row["end_amount"] for row in carts if row["state"] == "recovered"]
    (found,) = answer(shop, 3)
    assert (found["abandoned"], found["came_back"]) == (len(left), len(back))
    assert (found["left_behind"], found["recovered"]) == pytest.approx((sum(left), sum(back)))


def test_which_channel_brings_customers_that_stay(shop: Shop) -> None:
    customers = rows(shop, "from marts.customers where first_order_date is not null")
    orders = rows(shop, "from marts.orders where is_counted")
    first = {row["person_id"]: row for row in customers}
    months = {name: _month(row["first_order_date"]) for name, row in first.items()}
    over = _month(LAST) - 1
    size = Counter(
        row["first_order_last_non_direct_channel"]
        for row in customers
        if months[row["person_id"]] + 6 <= over
    )
    stayed = {
        row["person_id"]
        for row in orders
        if _month(row["order_date"]) == months[row["person_id"]] + 6 <= over
    }
    came = Counter(first[name]["first_order_last_non_direct_channel"] for name in stayed)
    found = {row["first_channel"]: row for row in answer(shop, 4)}
    assert {name: row["customers"] for name, row in found.items()} == size
    assert {name: row["ordered_in_sixth_month"] for name, row in found.items()} == {
        name: pytest.approx(came[name] / size[name]) for name in size
    }


def test_what_sells_well_and_comes_back(shop: Shop) -> None:
    found = answer(shop, 5)
    assert all(row["sold"] > 0 and row["kept"] != row["promised"] for row in found)
    sold = rows(
        shop,
        "select product_name, sum(lines.gross_sales_amount - lines.discount_amount) as amount "
        "from marts.order_lines as lines "
        "inner join (select product_id, product_name from marts.products) using (product_id) "
        f"inner join marts.orders using (order_id) where orders.is_counted "
        f"and last_day(lines.order_date) <= date '{LAST}' - 30 group by product_id, product_name",
    )
    of_name: dict[str, list[float]] = defaultdict(list)  # several products may have one name
    for one in sold:
        of_name[one["product_name"]].append(float(one["amount"]))
    for row in found:
        assert float(row["sold"]) in [pytest.approx(amount) for amount in of_name[row["product_name"]]]


def test_what_a_new_customer_costs(shop: Shop) -> None:
    found = {row["channel"]: row for row in answer(shop, 6)}
    months = "select month_start_date from marts.monthly_kpis where site = '(all)' and is_complete"
    assert len(rows(shop, months)) > 2
    whole = f"in ({months})"
    (spend,) = rows(
        shop,
        "select sum(cost_amount * case site when 'uk' then exchange_rate else 1 end) as amount "
        "from staging.stg_ad_spend "
        "left join marts.exchange_rates on rate_date = spend_date and from_currency_code = 'GBP' "
        f"where date_trunc('month', spend_date) {whole}",
    )
    assert found["(all)"]["spend"] == pytest.approx(spend["amount"], rel=1e-4)
    new = rows(shop, f"from marts.orders where is_new_customer and date_trunc('month', order_date) {whole}")
    by_channel = Counter(row["last_non_direct_channel"] for row in new) + Counter({"(all)": len(new)})
    for channel, row in found.items():
        assert row["new_customers"] == by_channel[channel]
        assert row["cpa"] == pytest.approx(row["spend"] / by_channel[channel])


def test_where_visits_end_where_they_began(shop: Shop) -> None:
    landed = Counter(row["landing_page_path"] for row in rows(shop, "from marts.sessions where is_bounce"))
    found = answer(shop, 7)
    assert [row["bounces"] for row in found] == [count for _, count in landed.most_common(5)]
    assert {row["landing_page_path"]: row["bounces"] for row in found}.items() <= landed.items()


def test_what_visitors_search_for_without_a_click(shop: Shop) -> None:
    events = rows(
        shop,
        "select session_id, event_type, search_term from intermediate.int_events_sessionised "
        "inner join (select session_id from marts.sessions) using (session_id) "
        "where event_type in ('search', 'product_view', 'add_to_cart') "
        "order by session_id, event_us, event_id",
    )
    without: Counter[str] = Counter()
    for event, following in zip(events, [*events[1:], {"session_id": None, "event_type": None}], strict=True):
        if event["event_type"] == "search":
            is_clicked = (
                following["session_id"] == event["session_id"] and following["event_type"] != "search"
            )
            without[" ".join(event["search_term"].lower().split())] += not is_clicked
    found = answer(shop, 8)
    assert [row["without_a_click"] for row in found] == [count for _, count in without.most_common(5)]
    assert {row["search_term"]: row["without_a_click"] for row in found}.items() <= without.items()


def test_how_last_week_went(shop: Shop) -> None:
    (found,) = answer(shop, 9)
    monday = LAST - timedelta(days=LAST.weekday() + 7)
    assert found["week_start_date"] == monday
    days = Counter(row["session_date"] for row in rows(shop, "from marts.sessions"))
    weeks = [
        sum(days[day + timedelta(days=n)] for n in range(7)) for day in (monday, monday - timedelta(days=7))
    ]
    assert [found["session_count"], found["previous_session_count"]] == weeks
    assert found["year_before_session_count"] is None


def test_who_earned_most_and_is_about_to_leave(shop: Shop) -> None:
    risks = rows(shop, "from predictions.churn_risk where churn_band = 'high'")
    leaving = {row["person_id"] for row in risks}
    customers = rows(shop, "from marts.customers")
    earned = sorted(
        (row["contribution_amount"] for row in customers if row["person_id"] in leaving), reverse=True
    )
    assert [row["historic_contribution_amount"] for row in answer(shop, 10)] == pytest.approx(earned[:5])


def test_which_good_customers_have_gone_quiet(shop: Shop) -> None:
    persons = rows(
        shop,
        "from marts.customers inner join marts.customer_rfm using (person_id) "
        "where rfm_segment in ('Cannot lose', 'At risk')",
    )
    earned = sorted(
        (one["contribution_amount"] for one in persons if one["has_marketing_consent"]), reverse=True
    )
    assert [row["historic_contribution_amount"] for row in answer(shop, 11)] == pytest.approx(earned[:5])


def test_what_the_best_tenth_holds(shop: Shop) -> None:
    values = [row["contribution_amount"] for row in rows(shop, "from marts.customers where order_count > 0")]
    best = [one for one in values if 10 * sum(other < one for other in values) >= 9 * len(values)]
    (found,) = answer(shop, 12)
    assert (found["value_kind"], found["customer_count"]) == ("historic", len(best))
    assert found["lowest_value_amount"] == min(best)
    assert found["value_ratio"] == pytest.approx(sum(best) / sum(values))


def test_what_a_new_customer_may_cost(shop: Shop) -> None:
    spent = {row["channel"]: row["cpa"] for row in answer(shop, 6) if row["spend"]}
    found = {row["channel"]: row for row in answer(shop, 13)}
    assert {name: row["cpa_amount"] for name, row in found.items()} == pytest.approx(spent, rel=1e-4)
    assert found["(all)"]["paid_back_ratio"] > 1


def test_what_the_churn_bands_say(shop: Shop) -> None:
    risks = rows(shop, "from predictions.churn_risk where churn_band is not null")
    found = {row["churn_band"]: row["customers"] for row in answer(shop, 14)}
    assert found == Counter(row["churn_band"] for row in risks)
