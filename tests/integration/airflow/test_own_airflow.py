"""Mandje's wheel in environments that others made: beside a host's Airflow, in one with it, read-only."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from fresh_environment import Environment, make_environment, make_wheel, plain_environment
from mandje.publish.published_folder import current_snapshot, read_manifest
from mandje.shop.settings import load_shop
from repository import ROOT
from tiny_shop import FIRST_DAY, SHOP_TOML, random_exports, small_shop

pytestmark = [pytest.mark.full, pytest.mark.filterwarnings("ignore::DeprecationWarning")]

NIGHT = FIRST_DAY + timedelta(days=30)
PAGE = (ROOT / "docs" / "how-to" / "own-airflow.md").read_text(encoding="utf-8")
FIVE_LINES = PAGE.partition("```python\n")[2].partition("```")[0]
SEEDS = {"first": 6, "second": 7}
UNSCHEDULED = SHOP_TOML + "[schedule]\nis_on = false\n"


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_wheel(tmp_path_factory.mktemp("wheel"))


@pytest.fixture(scope="module")
def mandje(tmp_path_factory: pytest.TempPathFactory, wheel: Path) -> Environment:
    return make_environment(tmp_path_factory.mktemp("own") / "venv", wheel)


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory, wheel: Path) -> Environment:
    return make_environment(tmp_path_factory.mktemp("both") / "venv", f"mandje[airflow] @ {wheel.as_uri()}")


def make_shops(folder: Path) -> Path:
    for name, seed in SEEDS.items():
        settings = UNSCHEDULED.replace('"tiny"', f'"{name}"')
        small_shop(folder / name, settings).deliver_all(random_exports(seed, orders=8, days=3), until=NIGHT)
    return folder


def content_hash(shop: Path) -> str:
    snapshot = current_snapshot(load_shop(shop))
    assert snapshot is not None, f"nothing is published: {shop}"
    return str(read_manifest(snapshot)["content_hash"])


@pytest.fixture(scope="module")
def alone(tmp_path_factory: pytest.TempPathFactory, mandje: Environment) -> Callable[[str], str]:
    """The content hash of a shop after a night on the command line, with nothing beside it."""
    shops = make_shops(tmp_path_factory.mktemp("alone"))

    @cache
    def after_a_night(name: str) -> str:
        mandje.run("mandje", "night", shops / name)
        return content_hash(shops / name)

    return after_a_night


@dataclass
class Host:
    """An Airflow whose DAG folder holds the page's five lines."""

    environment: Environment
    home: Path

    def __post_init__(self) -> None:
        (self.home / "dags").mkdir(parents=True)
        self.run("db", "migrate")

    @property
    def settings(self) -> dict[str, str]:
        core = {"DAGS_FOLDER": str(self.home / "dags"), "LOAD_EXAMPLES": "False", "UNIT_TEST_MODE": "False"}
        return {"AIRFLOW_HOME": str(self.home)} | {
            f"AIRFLOW__CORE__{key}": value for key, value in core.items()
        }

    def run(self, *words: str) -> str:
        return self.environment.run("airflow", *words, env=self.settings)

    def write(self, lines: str) -> None:
        (self.home / "dags" / "shops.py").write_text(lines, encoding="utf-8")
        self.run("dags", "reserialize")  # two that read a DAG for the first time would both enter it

    def begin(self, shop: str) -> subprocess.Popen[str]:
        """Start a night of a shop, in a process of its own."""
        return subprocess.Popen(
            [self.environment.command("airflow"), "dags", "test", f"mandje_{shop}"],
            env=plain_environment() | self.settings,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )


def run_at_once(host: Host, *shops: str) -> None:
    """A night of each shop, all at once; they have to end well."""
    started = [host.begin(shop) for shop in shops]
    ended = [(process.communicate()[0], process.returncode) for process in started]
    assert [code for _, code in ended] == [0] * len(shops), ended


def test_a_host_without_mandje_s_packages_runs_nights_of_two_shops_at_once(
    tmp_path: Path, wheel: Path, mandje: Environment, alone: Callable[[str], str]
) -> None:
    shops = make_shops(tmp_path / "shops")
    airflow = make_environment(tmp_path / "venv", "apache-airflow", wheel_alone=wheel)
    found = "import importlib.util as i; print([n for n in ('duckdb', 'polars', 'dbt') if i.find_spec(n)])"
    assert airflow.run("python", "-c", found).strip() == "[]"
    host = Host(airflow, tmp_path / "home")
    lines = FIVE_LINES.replace("/srv/shops", str(shops))
    host.write(lines.replace("/opt/mandje/bin/mandje", str(mandje.command("mandje"))))
    run_at_once(host, *SEEDS)
    assert [content_hash(shops / name) for name in SEEDS] == [alone(name) for name in SEEDS]


def test_one_environment_for_both_does_the_same(
    tmp_path: Path, both: Environment, alone: Callable[[str], str]
) -> None:
    shops = make_shops(tmp_path / "shops")
    host = Host(both, tmp_path / "home")
    host.write(
        FIVE_LINES.replace("/srv/shops", str(shops)).replace(', executable="/opt/mandje/bin/mandje"', "")
    )
    run_at_once(host, "first")
    assert content_hash(shops / "first") == alone("first")


@pytest.fixture
def read_only(tmp_path: Path, both: Environment) -> Any:
    """The environment of both, in which nobody may write."""
    package = both.site_packages / "mandje"
    copy = shutil.copytree(package, tmp_path / "package")
    subprocess.run(["chmod", "-R", "a-w", both.site_packages], check=True)
    yield both
    subprocess.run(["chmod", "-R", "u+w", both.site_packages], check=True)
    changed = subprocess.run(
        ["diff", "-rq", "-x", "__pycache__", copy, package], capture_output=True, text=True, check=False
    )
    assert changed.stdout == ""


def test_a_wheel_that_is_read_only_runs_nights_and_answers(tmp_path: Path, read_only: Environment) -> None:
    touch = "import mandje, pathlib; (pathlib.Path(mandje.__file__).parent / 'new').touch()"
    with pytest.raises(AssertionError, match="Permission denied"):
        read_only.run("python", "-c", touch, modes=True)
    one_day = random_exports(6, orders=8, days=1)  # one night, also for `run`
    shop = small_shop(tmp_path / "shop", UNSCHEDULED).deliver_all(one_day, until=FIRST_DAY).shop.folder
    assert "snapshot" in read_only.run("mandje", "run", shop, modes=True)
    assert content_hash(shop)
    said = read_only.run("mandje", "doctor", shop, modes=True)
    assert "packages as Mandje needs them" in said
    assert "mend" not in said
    query = "select count(*) as n from marts.order_facts"
    assert read_only.run("mandje", "query", shop, query, modes=True).split()[0] == "n"
