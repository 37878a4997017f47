"""Features, fits and all scores of many customers, against the usual pandas and lifetimes notebook."""
# ruff: noqa: PLC0415 - only the measured process imports it

from __future__ import annotations

import argparse
import json
import os
import resource
import shutil
import subprocess
import sys
import time
import warnings
from datetime import date, timedelta
from pathlib import Path
from statistics import median

FOLDER = Path(".bench") / "predicted"
ORDERS = FOLDER / "order_days.parquet"
AS_OF, DAYS = date(2025, 6, 30), 730
# The season is a small part: on a machine that others use too only medians of pairs tell.
PAIRS = 5
# About 2.5 order days per customer.
R, ALPHA, A, B = 0.45, 60.0, 0.8, 2.5
ORDER_CHANGES = f"""
create table intermediate.int_order_changes_known as
select
    'nl' as site, *, order_date as happened_date, order_date as known_from_date,
    null::date as known_until_date
from '{ORDERS}'
"""
KNOWN_PERSONS = """
create table intermediate.int_persons_known as
select
    person_id, person_id as known_as_person_id, has_consent, null::date as first_seen_date,
    0 as left_truncation_days, date '0001-01-01' as known_from_date, null::date as known_until_date
from intermediate.int_customer_inputs
"""
INPUTS = f"""
create table intermediate.int_customer_inputs as
select
    'nl' as home_site,
    person_id,
    min(order_date) as first_order_date,
    max(order_date) as last_order_date,
    count(*) - 1 as frequency,
    max(order_date) - min(order_date) as recency_days,
    date '{AS_OF}' - min(order_date) + 1 as age_days,
    count(*) filter (day_number > 1 and net_sales_amount > 0) as spend_days,
    round(avg(net_sales_amount) filter (day_number > 1 and net_sales_amount > 0), 2)::decimal(18, 2)
        as mean_spend_amount,
    null::double as median_interval_days,
    count(*) as order_count,
    (5 * count(*))::decimal(18, 4) as order_cost_amount,
    count(*) filter (net_sales_amount > 0) as sales_order_count,
    sum(net_sales_amount)::decimal(18, 4) as kept_sales_amount,
    (0.4 * sum(net_sales_amount))::decimal(18, 4) as goods_contribution_amount,
    (0.17 * sum(net_sales_amount))::decimal(24, 6) as contribution_square_amount,
    date '{AS_OF - timedelta(days=DAYS - 1)}' as history_start_date,
    {DAYS}::bigint as history_days,
    true as is_in_fit,
    true as has_consent,
    null::varchar as exclusion_reason
from (
    select *, row_number() over (partition by person_id order by order_date) as day_number
    from intermediate.int_order_changes_known
)
group by person_id
"""
SITE_INPUTS = """
create view intermediate.int_site_customer_inputs as
select home_site as site, * exclude (home_site) from intermediate.int_customer_inputs
"""


def main() -> None:
    """Measure each way in its own process, print seconds and peak memory."""
    arguments = _arguments()
    if arguments.measure:
        print(json.dumps(_measured(arguments.measure, arguments.customers[0])))
        return
    for customers in arguments.customers:
        # Made elsewhere too: a process inherits the peak of the one that starts it.
        made = _in_own_process("orders", customers)
        print(f"== {customers:,} customers, {made['order_days']:,} order days", flush=True)
        pairs = [[_in_own_process(way, customers) for way in ("no season", "mandje")] for _ in range(PAIRS)]
        for way, results in zip(("no season", "mandje"), zip(*pairs, strict=True), strict=True):
            _report(way, {name: median(one[name] for one in results) for name in results[0]})
        _compare(pairs)
        if not arguments.alone:
            _report("notebook", _in_own_process("notebook", customers))
    shutil.rmtree(FOLDER)
    print("aim: the season's refits add at most a fifth to fits and scores")
    print("aim: 1/10 of the notebook's time and at most its memory; 10,000,000 in 40 s and 4 GiB")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--customers", type=int, nargs="+", default=[1_000_000], help="so many")
    parser.add_argument("--alone", action="store_true", help="without the notebook")
    parser.add_argument(
        "--measure", choices=["orders", "no season", "mandje", "notebook"], help=argparse.SUPPRESS
    )
    return parser.parse_args()


def _make_orders(customers: int) -> int:
    """Order days of customers who order and leave as BG/NBD has it, in one Parquet file."""
    import numpy as np
    import polars as pl

    random = np.random.default_rng(1)
    now = random.integers(0, DAYS, customers).astype(np.float64)
    rate, leaving = random.gamma(R, 1 / ALPHA, customers), random.beta(A, B, customers)
    here, persons, days = np.arange(customers), [np.arange(customers)], [now.astype(np.int32)]
    while len(here):
        now[here] += random.exponential(1 / rate[here])
        here = here[now[here] < DAYS]
        persons.append(here)
        days.append(now[here].astype(np.int32))
        here = here[random.random(len(here)) >= leaving[here]]
    usual = 36 / random.gamma(4, 1, customers)
    frame = (
        pl.DataFrame({"number": np.concatenate(persons), "day": np.concatenate(days)})
        .unique()
        .sort("number", "day")
    )
    spend = np.round(random.gamma(3, usual[frame["number"].to_numpy()]) + 0.01, 2)
    FOLDER.mkdir(parents=True, exist_ok=True)
    frame.select(
        pl.format("customer:{}", "number").alias("person_id"),
        (pl.lit(AS_OF - timedelta(days=DAYS - 1)) + pl.duration(days="day")).alias("order_date"),
        pl.Series("net_sales_amount", spend).cast(pl.Decimal(18, 4)),
    ).write_parquet(ORDERS)
    return len(frame)


def _in_own_process(way: str, customers: int) -> dict[str, float]:
    command = [sys.executable, __file__, "--measure", way, "--customers", str(customers)]
    return json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout)


def _measured(way: str, customers: int) -> dict[str, float]:
    if way == "orders":
        return {"order_days": _make_orders(customers)}
    began = time.perf_counter()
    parts = _notebook() if way == "notebook" else _mandje(has_season=way == "mandje")
    return parts | {
        "seconds": time.perf_counter() - began,
        "cpu_seconds": time.process_time(),
        "peak_gib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20,
    }


def _mandje(*, has_season: bool) -> dict[str, float]:
    """The inputs as the marts' SQL makes them, then the stage of the night, with or without its season."""
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # as the command line has it
    import duckdb

    from mandje.predict.fit import fit_and_score
    from mandje.predict.scores import choice
    from mandje.predict.scores.columns import HORIZONS, TABLES
    from mandje.shop.settings import Shop, ShopSettings

    if not has_season:
        choice.seasons_tonight = lambda *_: choice.no_seasons(HORIZONS, "left out")
    began = time.perf_counter()
    con = duckdb.connect(str(FOLDER / "predicted.duckdb"), config={"memory_limit": "3GiB"})
    con.execute("create schema intermediate")
    con.execute(ORDER_CHANGES)
    con.execute(INPUTS)
    con.execute(SITE_INPUTS)
    con.execute(KNOWN_PERSONS)
    features, began_cpu = time.perf_counter() - began, time.process_time()
    settings = {
        "name": "bench",
        "reporting_currency": "EUR",
        "time_zone": "UTC",
        "sites": {"nl": {"time_zone": "UTC", "currency": "EUR"}},
        "sources": {"orders": {"adapter": "canonical"}},
    }
    fit_and_score(con, Shop(FOLDER, ShopSettings.model_validate(settings)), AS_OF)
    for table in TABLES:  # they are views: every number of every customer is worked out
        con.execute(f"select sum(hash(one)) from {table} as one").fetchall()
    con.close()
    (FOLDER / "predicted.duckdb").unlink()
    parts = {"features": features, "fits_and_scores": time.perf_counter() - began - features}
    return parts | {"fits_and_scores_cpu": time.process_time() - began_cpu}


def _notebook() -> dict[str, float]:
    """What tutorials do: summary, both fits, P(alive), orders of 90 days, value of 12 months."""
    warnings.simplefilter("ignore")
    import pandas as pd
    from lifetimes import BetaGeoFitter, GammaGammaFitter  # noqa: TID251  # what it is measured against
    from lifetimes.utils import summary_data_from_transaction_data  # noqa: TID251

    began = time.perf_counter()
    orders = pd.read_parquet(ORDERS)
    orders["net_sales_amount"] = orders["net_sales_amount"].astype(float)
    summary = summary_data_from_transaction_data(
        orders, "person_id", "order_date", "net_sales_amount", observation_period_end=pd.Timestamp(AS_OF)
    )
    features = time.perf_counter() - began
    history = (summary["frequency"], summary["recency"], summary["T"])
    model = BetaGeoFitter()
    model.fit(*history)
    repeaters = summary[(summary["frequency"] > 0) & (summary["monetary_value"] > 0)]
    spend = GammaGammaFitter()
    spend.fit(repeaters["frequency"], repeaters["monetary_value"])
    model.conditional_probability_alive(*history)
    model.conditional_expected_number_of_purchases_up_to_time(90, *history)
    spend.customer_lifetime_value(model, *history, summary["monetary_value"], time=12, freq="D")
    return {"features": features, "fits_and_scores": time.perf_counter() - began - features}


def _report(way: str, result: dict[str, float]) -> None:
    text = (
        "{seconds:7.1f} s (features {features:.1f}, fits and scores {fits_and_scores:.1f}; "
        "processor {cpu_seconds:.1f} s)  peak {peak_gib:.2f} GiB"
    )
    print(f"{way:>10} {text.format(**result)}", flush=True)


def _compare(pairs: list[list[dict[str, float]]]) -> None:
    """What the season's refits add to the stage, in seconds and in the processor's: medians of the pairs."""
    seconds, processor = (
        median(with_season[name] / without[name] for without, with_season in pairs)
        for name in ("fits_and_scores", "fits_and_scores_cpu")
    )
    print(
        f"    season  {seconds:.2f} x the stage without it (processor {processor:.2f} x), "
        f"median of {len(pairs)} pairs",
        flush=True,
    )


if __name__ == "__main__":
    main()
