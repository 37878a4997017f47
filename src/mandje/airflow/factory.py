"""The DAG of a shop's nights. Airflow shows the text below on its page.

**What it does.** A run for day *d* takes in all deliveries up to *d*, rebuilds the warehouse, checks it, and
switches `published/current` to the new snapshot. Every stage may be run twice.

**Which day.** The scheduled run takes the day that has just ended on the shop's clock. Triggered by hand it
takes the day given as `run_date`; without one, yesterday, or on a shop without schedule the newest due.

**When it is red.** Open the red task's log: the last lines before Airflow's own say what is wrong, in which
file, and what to do. Those that `[notify]` of shop.toml names are told the same.
A fault that a person must mend (a refused delivery, a closed gate, a full disk) is not retried; another is,
twice. Until it is mended, readers keep yesterday's snapshot.

**To run it again.** Mend the cause, then clear the red task with all that follows it; where a delivery was
mended, `discover` with all that follows it. To repeat a whole day, trigger the DAG with `run_date`. To take
back a bad snapshot, see `mandje publish --help`.

**Where to look.** `mandje status SHOP` tells the nights and what was refused, `mandje reconcile SHOP` where
every row and its money went. Stages write their results to `ops/nights/<run date>/<stage>.json` of the shop.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import MappingProxyType
from typing import Any

from airflow.sdk import DAG, Asset, CronDataIntervalTimetable, Param, chain

from mandje.airflow.assets import snapshot_asset, source_asset, table_assets
from mandje.airflow.notices import Callback, NightNotices
from mandje.airflow.operator import StageOperator
from mandje.airflow.shop_file import ShopFile, read_shop_file
from mandje.night.stages import STAGES, dag_id

_RUN_DATE_HELP = (
    "The night, YYYY-MM-DD. Empty: the day just over, in a backfill the day of each run; without schedule, "
    "the newest night due."
)
_EACH_TASK = {
    "owner": "data-team",
    "retries": 2,
    "retry_delay": timedelta(minutes=1),
    "retry_exponential_backoff": 2,
    "max_retry_delay": timedelta(minutes=30),
    "execution_timeout": timedelta(hours=4),
}
_NONE: Mapping[str, Any] = MappingProxyType({})


def nightly(
    shop: Path | str,
    *,
    executable: str | Path | Sequence[str] | None = None,
    env: Mapping[str, str] = _NONE,
    tasks: Mapping[str, Mapping[str, Any]] = _NONE,
    notify: Sequence[Callback] | None = None,
    **overrides: Any,  # noqa: ANN401  whatever a DAG takes
) -> DAG:
    """The DAG `mandje_<shop>`: one night of a shop, a task per stage. Call it in a file of the DAG folder.

    Args:
        shop: the shop's folder, the one that holds shop.toml, at the same path where tasks run.
        executable: the `mandje` of another environment, or the words of a command that runs it, such as one
            that starts a container; without it, the Mandje that is installed beside Airflow.
        env: environment variables of that command, besides those of the task without Airflow's settings.
        tasks: by stage, what its task has otherwise: `{"build": {"execution_timeout": timedelta(hours=8)}}`.
        notify: notifiers or functions that tell people in place of `[notify]` in shop.toml; each is called
            with Airflow's context and a `notice` (`subject`, `text`) in it. An empty list tells nobody.
        overrides: what the DAG has otherwise (`schedule`, `tags`, `start_date`, …). `default_args` are added
            to Mandje's own: owner, retries with their waits, pool, queue and so on of all tasks.

    Raises:
        ValueError: `tasks` names no stage, or more than one run at a time is asked for.
    """
    if unknown := sorted(set(tasks) - set(STAGES)):
        raise ValueError(f"no stages of a night: {', '.join(unknown)}; there are {', '.join(STAGES)}")
    if overrides.get("max_active_runs", 1) != 1:
        raise ValueError("max_active_runs stays 1: two nights of one shop never run at once")
    told = read_shop_file(Path(shop).absolute())
    words = [str(executable)] if isinstance(executable, str | Path) else executable
    notices = NightNotices(told, notify)
    with DAG(**notices.deadlines() | _dag(told, overrides)) as dag:  # noqa: AIR002  the schedule is among them
        chain(
            *(
                StageOperator(
                    shop=told, executable=words, env=dict(env), **_task(told, stage, tasks, notices, dag)
                )
                for stage in STAGES
            )
        )
    return dag


def _dag(shop: ShopFile, overrides: Mapping[str, Any]) -> dict[str, Any]:
    ours = {
        "dag_id": dag_id(shop.name),
        "description": f"One night of {shop.name}: from its exports to the published snapshot.",
        "doc_md": (__doc__ or "").partition("\n\n")[2],
        "schedule": CronDataIntervalTimetable(shop.cron, shop.time_zone.key) if shop.is_scheduled else None,
        "start_date": datetime(2020, 1, 1, tzinfo=UTC),
        "catchup": False,
        "max_active_runs": 1,
        "tags": ["mandje", shop.name],
    }
    run_date = Param(None, type=["null", "string"], format="date", description=_RUN_DATE_HELP)
    added = {
        "params": {"run_date": run_date} | overrides.get("params", {}),
        "default_args": _EACH_TASK | overrides.get("default_args", {}),
    }
    return ours | dict(overrides) | added


def _task(
    shop: ShopFile, stage: str, tasks: Mapping[str, Mapping[str, Any]], notices: NightNotices, dag: DAG
) -> dict[str, Any]:
    ours = {"task_id": stage, "doc_md": STAGES[stage]} | _assets(shop).get(stage, {})
    task = ours | dict(tasks.get(stage, {}))
    told = {
        kind: [callback, *_as_list(task.get(kind, dag.default_args.get(kind)))]
        for kind, callback in notices.callbacks(stage).items()
    }
    return task | told


def _as_list(callbacks: Any) -> list[Any]:  # noqa: ANN401  none, one or several, as Airflow takes them
    return callbacks if isinstance(callbacks, list) else [callbacks] if callbacks else []


def _assets(shop: ShopFile) -> dict[str, dict[str, list[Asset]]]:
    """What stages take from and give to Airflow's assets; `publish` looks what it told last."""
    snapshot = snapshot_asset(shop.name)
    return {
        "load": {"outlets": [source_asset(shop.name, source) for source in shop.sources]},
        "publish": {"inlets": [snapshot], "outlets": [snapshot, *table_assets(shop.name)]},
    }
