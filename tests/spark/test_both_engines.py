"""The demo shop, built on DuckDB and on Spark from the same raw files: every mart is the same, row by row."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pytest

from engines import MARTS, SHOWN, differences, key_of
from mandje.ingest.due.delivery_schedule import MissingDelivery
from mandje.ingest.store.partitions import partitions_until
from mandje.night.pipeline import next_night, run_stage
from mandje.night.predict.experiments import read_experiments
from mandje.night.predict.forecast import look_ahead
from mandje.shop.settings import Shop, load_shop
from mandje.simulate.run import simulate
from mandje.warehouse.build import Build, build, build_customers
from repository import DATA

DEMO = DATA / "demo"
# Queries on a demo are many and short: the second compiler would never pay.
ON_SPARK = """
[engine]
build = "spark"
[engine.spark.conf]
"spark.driver.extraJavaOptions" = "-XX:TieredStopAtLevel=1 -XX:ReservedCodeCacheSize=256m"
"""
# A day of each kind: in the middle of the demo's weeks and months.
MISSING = [
    MissingDelivery("orders", "orders", date(2024, 5, 15)),
    MissingDelivery("session_events", "session_events", date(2024, 8, 1)),
]
PREDICTIONS = ("customer_predictions", "churn_risk")

pytestmark = pytest.mark.spark


@dataclass(frozen=True)
class Built:
    """A shop whose warehouse is built to its end."""

    shop: Shop
    before_predictions: Build
    after_predictions: Build


@pytest.fixture(scope="module")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> tuple[Shop, date]:
    """The demo shop with its raw files, all nights as one."""
    folder = tmp_path_factory.mktemp("demo")
    for name in ("shop.toml", "simulation.toml"):
        shutil.copy(DEMO / name, folder)
    simulate(folder)
    shop = load_shop(folder)
    night = next_night(shop)
    assert night is not None
    for stage in ("discover", "validate", "load"):
        run_stage(folder, night, stage)
    return shop, night


def _built(loaded: tuple[Shop, date], folder: Path, settings: str) -> Built:
    """A shop of its own with the loaded shop's raw files."""
    source, night = loaded
    folder.mkdir()
    (folder / "raw").symlink_to(source.raw)
    (folder / "shop.toml").write_text((source.folder / "shop.toml").read_text() + settings)
    shop = load_shop(folder)
    before = build(shop, night, partitions_until(shop, night), MISSING)
    look_ahead(shop, night)
    read_experiments(shop, night)
    return Built(shop, before, build_customers(shop, night))


@pytest.fixture(scope="module")
def on_duckdb(loaded: tuple[Shop, date], tmp_path_factory: pytest.TempPathFactory) -> Built:
    return _built(loaded, tmp_path_factory.mktemp("engines") / "duckdb", "")


@pytest.fixture(scope="module")
def on_spark(loaded: tuple[Shop, date], tmp_path_factory: pytest.TempPathFactory) -> Built:
    return _built(loaded, tmp_path_factory.mktemp("engines") / "spark", ON_SPARK)


@pytest.mark.parametrize("mart", sorted(MARTS))
def test_a_mart_is_the_same_on_both(on_duckdb: Built, on_spark: Built, mart: str) -> None:
    found = _differences(on_duckdb, on_spark, f"marts.{mart}", key_of(mart))
    assert not found, f"the first {SHOWN} differences:\n" + "\n".join(found)


@pytest.mark.parametrize("table", PREDICTIONS)
def test_predictions_are_the_same_from_both(on_duckdb: Built, on_spark: Built, table: str) -> None:
    found = _differences(on_duckdb, on_spark, f"predictions.{table}", ["person_id"])
    assert not found, f"the first {SHOWN} differences:\n" + "\n".join(found)


def _differences(on_duckdb: Built, on_spark: Built, table: str, key: list[str]) -> list[str]:
    return differences(on_duckdb.shop.warehouse, on_spark.shop.warehouse, table, key)


def test_spark_built_and_tested_as_much_and_found_the_same(on_duckdb: Built, on_spark: Built) -> None:
    for ours, theirs in (
        (on_duckdb.before_predictions, on_spark.before_predictions),
        (on_duckdb.after_predictions, on_spark.after_predictions),
    ):
        assert (ours.models, ours.tests) == (theirs.models, theirs.tests)
        assert ours.failures == theirs.failures
        told = [[(one.check, one.sentence, one.count) for one in side.findings] for side in (ours, theirs)]
        assert told[0] == told[1]


def test_nothing_of_spark_lies_outside_the_shop(on_spark: Built) -> None:
    here = {path.name for path in Path.cwd().iterdir()}
    assert here.isdisjoint({"spark-warehouse", "metastore_db", "derby.log"})
    assert (on_spark.shop.folder / "warehouse" / "spark" / "before_predictions" / "marts" / "orders").is_dir()
