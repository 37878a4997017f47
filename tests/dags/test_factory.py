"""One DAG per shop from a file of five lines, what may be changed of them, and what they import."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from mandje.night.stages import STAGES
from mandje.shop.sections import Schedule
from repository import ROOT
from tiny_shop import SHOP_TOML

pytestmark = pytest.mark.usefixtures("airflow_home")
PAGE = ROOT / "docs" / "how-to" / "own-airflow.md"
FIVE_LINES = PAGE.read_text(encoding="utf-8").partition("```python\n")[2].partition("```")[0]

HOUR = timedelta(hours=1)
Read = Callable[[], Any]


def make_shops(folder: Path, *names: str) -> None:
    for name in names:
        (folder / name).mkdir(parents=True)
        (folder / name / "shop.toml").write_text(SHOP_TOML.replace('"tiny"', f'"{name}"'), encoding="utf-8")


@pytest.fixture
def read(tmp_path: Path) -> Read:
    """Read the page's DAG file as Airflow does, for the shops of a folder."""

    def bag() -> Any:
        from airflow.dag_processing.dagbag import DagBag

        dags = tmp_path / "dags"
        dags.mkdir(exist_ok=True)
        lines = FIVE_LINES.replace("/srv/shops", str(tmp_path / "shops"))
        (dags / "shops.py").write_text(lines, encoding="utf-8")
        return DagBag(dags, safe_mode=True)

    return bag


def test_the_page_s_file_has_five_lines() -> None:
    assert len([line for line in FIVE_LINES.splitlines() if line]) <= 5


def test_five_lines_make_a_dag_per_shop(read: Read, tmp_path: Path) -> None:
    make_shops(tmp_path / "shops", *(f"shop_{number}" for number in range(10)))
    bag = read()
    assert bag.import_errors == {}
    assert set(bag.dags) == {f"mandje_shop_{number}" for number in range(10)}
    folders = {dag.dag_id: {str(task._shop.folder) for task in dag.tasks} for dag in bag.dags.values()}
    assert folders == {
        f"mandje_shop_{number}": {str(tmp_path / "shops" / f"shop_{number}")} for number in range(10)
    }
    assert {dag.fileloc for dag in bag.dags.values()} == {str(tmp_path / "dags" / "shops.py")}


WRONG_SCHEDULES = ("cron = 'at three'", "cron = 3", "cron = ['0 3 * * *']", "cron = '61 3 * * *'")


@pytest.mark.parametrize(
    ("text", "dag"),
    [
        (SHOP_TOML.replace("consent_when", "consent when"), "mandje_tiny"),
        (SHOP_TOML.replace("Europe/Amsterdam", "Europe/Asterdam"), "mandje_tiny"),
        (SHOP_TOML.replace('"tiny"', '"Tiny shop!"'), "mandje_second"),
        ("schedule = 3\n" + SHOP_TOML, "mandje_tiny"),
        ("", "mandje_second"),
        *((SHOP_TOML + f"\n[schedule]\n{line}\n", "mandje_tiny") for line in WRONG_SCHEDULES),
        (SHOP_TOML.replace("Europe/Amsterdam", "Europe"), "mandje_tiny"),
    ],
)
def test_a_shop_toml_that_is_wrong_leaves_the_other_shops_alone(
    read: Read, tmp_path: Path, text: str, dag: str
) -> None:
    make_shops(tmp_path / "shops", "first", "second")
    (tmp_path / "shops" / "second" / "shop.toml").write_text(text, encoding="utf-8")
    bag = read()
    assert bag.import_errors == {}
    assert set(bag.dags) == {"mandje_first", dag}
    wrong = bag.dags[dag].timetable
    assert (wrong.expression, str(wrong.timezone)) == ("0 3 * * *", "UTC")


def test_the_usual_hour_is_that_of_the_settings() -> None:
    from mandje.airflow.shop_file import ShopFile

    assert (ShopFile.cron, ShopFile.is_scheduled) == (Schedule().cron, Schedule().is_on)


def test_all_may_be_changed_but_that_two_nights_of_a_shop_run_at_once(tmp_path: Path) -> None:
    from mandje.airflow import nightly

    make_shops(tmp_path, "one")
    dag = nightly(
        tmp_path / "one",
        schedule=None,
        tags=["shops"],
        default_args={
            "owner": "crew",
            "pool": "mandje",
            "retries": 5,
            "execution_timeout": 2 * HOUR,
        },
        tasks={"build": {"pool": "large", "execution_timeout": 8 * HOUR}},
    )
    assert (dag.dag_id, dag.tags, dag.max_active_runs) == ("mandje_one", {"shops"}, 1)
    assert {task.owner for task in dag.tasks} == {"crew"}
    assert {task.task_id: task.pool for task in dag.tasks} == dict.fromkeys(STAGES, "mandje") | {
        "build": "large"
    }
    hours = {task.task_id: task.execution_timeout / HOUR for task in dag.tasks}
    assert hours == dict.fromkeys(STAGES, 2) | {"build": 8}
    assert {(task.retries, task.retry_exponential_backoff) for task in dag.tasks} == {(5, 2)}
    with pytest.raises(ValueError, match="two nights of one shop never run at once"):
        nightly(tmp_path / "one", max_active_runs=2)
    with pytest.raises(ValueError, match=r"no stages of a night: biuld; there are discover, validate"):
        nightly(tmp_path / "one", tasks={"biuld": {}})


@pytest.mark.parametrize(
    ("executable", "words"),
    [
        (None, [sys.executable, "-P", "-m", "mandje"]),
        ("/opt/mandje/bin/mandje", ["/opt/mandje/bin/mandje"]),
        (["docker", "run", "--rm", "mandje"], ["docker", "run", "--rm", "mandje"]),
    ],
)
def test_the_command_is_that_of_the_environment_that_was_named(
    tmp_path: Path, executable: Any, words: list[str]
) -> None:
    from mandje.airflow import nightly

    make_shops(tmp_path, "one")
    task = nightly(tmp_path / "one", executable=executable).get_task("build")
    assert task._words("2026-05-09") == [
        *words,
        "stage",
        str(tmp_path / "one"),
        "build",
        "--date",
        "2026-05-09",
    ]


IMPORTS = """
import builtins, json, sys
plain, seen = builtins.__import__, set()

def watched(name, globals=None, locals=None, fromlist=(), level=0):
    if str((globals or {}).get("__name__")).partition(".")[0] == "mandje":
        seen.add(name.partition(".")[0])
    return plain(name, globals, locals, fromlist, level)

builtins.__import__ = watched
from mandje.airflow import nightly
nightly(sys.argv[1])
print(json.dumps(sorted(seen - sys.stdlib_module_names)))
"""


def test_only_airflow_and_the_standard_library_are_imported(airflow_home: str, tmp_path: Path) -> None:
    make_shops(tmp_path, "one")
    env = os.environ | {"AIRFLOW_HOME": airflow_home, "PYTHONWARNINGS": "ignore"}
    words = [sys.executable, "-c", IMPORTS, str(tmp_path / "one")]
    done = subprocess.run(words, env=env, capture_output=True, text=True, check=True)
    assert json.loads(done.stdout.strip().splitlines()[-1]) == ["airflow", "mandje"]
