"""Daily tables of GA4 as BigQuery exports them to JSON lines: integers as text, what is not known left out.

The lines are put together as text, in columns: polars takes minutes for a million nested rows.
"""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import polars as pl

from joined_orders import FIRST_CUSTOMER, Order
from joined_visits import ALL_ALONG, FROM_CHECKOUT, NOBODY, Visits
from joined_world import DAYS, SITES, TRAFFIC

# Its table is delivered once more three days later, with events that came late.
AGAIN, AGAIN_AFTER = DAYS[20], timedelta(days=3)
# Braces around what stands in them.
OBJECT = "{" + "{}" + "}"
DEVICES = ["desktop", "mobile", "tablet"]


def write_ga4(folder: Path, visits: Visits, orders: list[Order]) -> int:
    """A folder per day with its table; how many rows all have."""
    days = _rows(visits, orders).partition_by("day", as_dict=True)
    rows = 0
    for day in DAYS:
        table = days[day,]
        tables = {day: table}
        if day == AGAIN:
            tables[day] = table.filter(pl.col("event") % 50 != 0)
        elif day == AGAIN + AGAIN_AFTER:
            tables[AGAIN] = days[AGAIN,]
        for of_day, given in tables.items():
            path = folder / str(day) / f"events_{of_day:%Y%m%d}.jsonl"
            path.parent.mkdir(parents=True, exist_ok=True)
            # One event in two hundred is exported twice.
            written = pl.concat([given, given.filter(pl.col("event") % 200 == 7)])
            _as_exported(written, of_day).write_csv(path, include_header=False, quote_style="never")
            rows += written.height
    return rows


def _rows(visits: Visits, orders: list[Order]) -> pl.DataFrame:
    """Events with their visits, the number of the order that they tell of, and the day of their table."""
    numbers = pl.DataFrame(
        [(one.visit, str(one.number)) for one in orders if one.visit is not None],
        schema={"visit": pl.Int64, "order": pl.String},
        orient="row",
    )
    traffic = pl.DataFrame(
        [(number, one.source, one.medium, one.campaign, one.told_in, one.referrer, one.click_id)
         for number, one in enumerate(TRAFFIC)],
        schema=["traffic", "source", "medium", "campaign", "told_in", "referrer", "click_id"],
        orient="row",
    )  # fmt: skip
    return (
        visits.events.join(visits.visits, on="visit", how="left", maintain_order="left")
        .join(traffic, on="traffic", how="left", maintain_order="left")
        .join(numbers, on="visit", how="left", maintain_order="left")
        .with_columns(
            event=pl.int_range(pl.len()),
            host=_texts("site", [site.host for site in SITES]),
            country=_texts("site", [site.country for site in SITES]),
            day=_local_day(),
        )
    )


def _local_day() -> pl.Expr:
    moment = pl.from_epoch("at_us", "us").dt.replace_time_zone("UTC")
    return moment.dt.convert_time_zone("Europe/Amsterdam").dt.date()


def _texts(name: str, values: list[str]) -> pl.Expr:
    """The text of each number in a column."""
    return pl.col(name).map_batches(pl.Series(values).gather, pl.String)


def _filled(words: str, *values: pl.Expr | str) -> pl.Expr:
    """Words with values for each {} in them, null where one is: polars has other plans with braces."""
    first, *others = words.split("{}")
    named = [pl.col(one) if isinstance(one, str) else one for one in values]
    pairs = zip(named, map(pl.lit, others), strict=True)
    return pl.concat_str([pl.lit(first), *(part for pair in pairs for part in pair)])


def _written(parts: list[pl.Expr], around: str) -> pl.Expr:
    """Parts of JSON with commas between them, those that are null left out."""
    return _filled(around, pl.concat_str(parts, separator=",", ignore_nulls=True))


def _param(key: str, kind: str, value: pl.Expr) -> pl.Expr:
    """An event parameter; null where its value is."""
    mark = '"' if kind != "double_value" else ""
    return _filled(f'{{"key":"{key}","value":{{"{kind}":{mark}{{}}{mark}}}}}', value)


def _params() -> pl.Expr:
    name = pl.col("name")
    is_landing = pl.col("is_first").fill_null(value=False) | (name == "session_start")
    has_click = is_landing & pl.col("click_id").is_not_null()
    query = pl.when(has_click).then(_filled("?gclid=SECRET{}", "visit")).otherwise(pl.lit("?q=SECRET"))
    paid_elsewhere = (pl.col("path") == "/thanks") & (pl.col("visit") % 5 == 0)
    referrer = (
        pl.when(is_landing)
        .then("referrer")
        .when(paid_elsewhere)
        .then(pl.lit("https://www.paypal.com/"))
        .otherwise(_filled("https://{}/", "host"))
    )
    session = pl.when(~pl.col("is_denied")).then(pl.col("start_us") // 1_000_000)
    has_items = name.is_in(["view_item", "add_to_cart"])
    return _written(
        [
            _param("page_location", "string_value", _filled("https://{}{}{}", "host", "path", query)),
            _param("ga_session_id", "int_value", session),
            _param("page_referrer", "string_value", referrer),
            _param("search_term", "string_value", pl.col("term")),
            _param(
                "engagement_time_msec",
                "int_value",
                pl.when(name.is_in(["user_engagement", "scroll"])).then(pl.lit("1200")),
            ),
            _param("currency", "string_value", pl.when(has_items).then(pl.lit("EUR"))),
            _param("value", "double_value", pl.when(has_items).then(_price())),
        ],
        '"event_params":[{}]',
    )


def _price() -> pl.Expr:
    return (pl.col("product") % 40 + 1) * 121 / 100


def _items() -> pl.Expr:
    """What is seen, or put into the cart: one product or two."""
    count = pl.when(pl.col("name") == "view_item").then(1).when(pl.col("name") == "add_to_cart").then("items")
    item = '{"item_id":"{}","item_category":"(not set)","price":{},"quantity":"1"}'
    items = [
        pl.when(count > number).then(_filled(item, (pl.col("product") + 199 * number) % 400, _price()))
        for number in range(2)
    ]
    return _written(items, '"items":[{}]')


def _campaign(kind: str, condition: pl.Expr) -> pl.Expr:
    words = f'"{kind}":{{"source":"{{}}","medium":"{{}}","campaign_name":"{{}}"}}'
    known = _filled(words, "source", "medium", "campaign")
    return pl.when(condition).then(known).otherwise(pl.lit(words.replace("{}", "(not set)")))


def _last_click() -> pl.Expr:
    told = pl.col("told_in")
    campaigns = [
        _campaign("manual_campaign", told == "manual"),
        pl.when((told == "cross_channel") | (pl.col("visit") % 2 == 0)).then(
            _campaign("cross_channel_campaign", told == "cross_channel")
        ),
    ]
    known = _written(campaigns, '"session_traffic_source_last_click":' + OBJECT)
    return pl.when(told != "collected").then(known)


def _collected() -> pl.Expr:
    """What the first page of a visit was called with. Beside a click GA4 says organic, which it is not."""
    is_told = pl.col("is_first").fill_null(value=False) & (pl.col("source") != "(direct)")
    words = '"manual_source":"{}","manual_medium":"{}","manual_campaign_name":"{}"}'
    clicked = _filled(
        '"collected_traffic_source":{"gclid":"SECRET",' + words,
        "source",
        pl.lit("organic"),
        pl.lit("(organic)"),
    )
    other = _filled('"collected_traffic_source":{' + words, "source", "medium", "campaign")
    return pl.when(is_told).then(pl.when(pl.col("click_id").is_not_null()).then(clicked).otherwise(other))


def _user_id() -> pl.Expr:
    login, in_checkout = pl.col("login"), pl.col("in_checkout").fill_null(value=False)
    is_known = (login == ALL_ALONG) | ((login == FROM_CHECKOUT) & in_checkout)
    is_known &= (pl.col("owner") != NOBODY) & ~pl.col("is_denied")
    return pl.when(is_known).then(_filled('"user_id":"{}"', pl.col("owner") + FIRST_CUSTOMER))


def _as_exported(rows: pl.DataFrame, day: date) -> pl.DataFrame:
    is_denied = pl.col("is_denied")
    storage = pl.when(is_denied).then(pl.lit("No")).otherwise(pl.lit("Yes"))
    device = '"device":{"category":"{}","web_info":{"browser":"Safari","hostname":"{}"}}'
    batch = '"batch_event_index":"{}","batch_page_id":"1","batch_ordering_id":"1"'
    order = pl.when(pl.col("name") == "purchase").then("order")
    fields = [
        pl.lit(f'"event_date":"{day:%Y%m%d}"'),
        _filled('"event_timestamp":"{}","event_name":"{}"', "at_us", "name"),
        _params(),
        _filled('"event_bundle_sequence_id":"{}"', pl.col("visit") + 1),
        _user_id(),
        pl.when(~is_denied).then(_filled('"user_pseudo_id":"{}.1769900000"', pl.col("visitor") + 1000)),
        _filled('"privacy_info":{"analytics_storage":"{}"}', storage),
        pl.lit('"user_properties":[],"platform":"WEB","is_active_user":true'),
        _filled(device, _texts("device", DEVICES), "host"),
        _filled('"geo":{"country":"{}","city":"Verzonnen"}', "country"),
        _filled('"ecommerce":{"transaction_id":"{}"}', order),
        _items(),
        _collected(),
        _filled(batch, pl.col("number") + 1),
        _last_click(),
    ]
    return rows.select(_written(fields, OBJECT))
