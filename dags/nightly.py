"""The night of one shop: from the files that its systems dropped to a published snapshot.

**What it does.** A run for day *d* takes in all deliveries up to *d*, rebuilds the warehouse, checks it, and
switches `published/current` to the new snapshot. Every stage may be run twice.

**Which day.** The scheduled run takes the day that has just ended on the shop's clock. Triggered by hand it
takes the day given as `run_date`; without one, yesterday, or on a shop without schedule the newest due.

**When it is red.** Open the red task's log: the last line says what is wrong, in which file, and what to do.
A fault that a person must mend (a refused delivery, a closed gate, a full disk) is not retried; another is,
twice. Until it is mended, readers keep yesterday's snapshot.

**To run it again.** Mend the cause, then clear the red task with all that follows it. To repeat a whole day,
trigger the DAG with `run_date`. To take back a bad snapshot, see `mandje publish --help`.

**Where to look.** `mandje status SHOP` tells the nights and what was refused, `mandje reconcile SHOP` where
every row and its money went. Stages write their results to `ops/nights/<run date>/<stage>.json` of the shop.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from airflow.sdk import DAG, Asset, CronDataIntervalTimetable, Param, chain, get_current_context, task
from airflow.sdk.exceptions import AirflowFailException, AirflowSkipException

from mandje.errors import MandjeError
from mandje.night import pipeline
from mandje.observe.records.warnings import night_warnings
from mandje.shop.run_date import run_date
from mandje.shop.settings import load_shop

PROJECT = Path(__file__).resolve().parents[1]
SHOP = load_shop(Path(os.environ.get("MANDJE_SHOP", PROJECT / "data" / "demo")))
NAME, CLOCK, CRON = SHOP.settings.name, SHOP.settings.time_zone, SHOP.settings.schedule.cron
IS_SCHEDULED = SHOP.settings.schedule.is_on and os.environ.get("MANDJE_SCHEDULE") != "none"
MARTS = [
    Asset(name=f"{NAME}.{model.stem}", uri=f"mandje://{NAME}/marts/{model.stem}", group="mandje")
    for model in sorted(PROJECT.glob("dbt_project/models/marts/**/*.sql"), key=lambda path: path.stem)
]
# These read the files that were delivered; the other stages work in the one DuckDB file, one at a time.
ON_FILES, LONG = {"discover", "validate", "load"}, {"validate", "build"}
RUN_DATE_HELP = "The night, YYYY-MM-DD. Empty: the day just over; without schedule, the newest night due."
log = logging.getLogger("mandje.nightly")


def night_of(context: Mapping[str, Any]) -> date:
    """Tell the day that this run is for: the first stage decides, for all that follow."""
    run, decided = context["dag_run"], context["ti"].xcom_pull(task_ids=pipeline.STAGES[0], key="run_date")
    chosen = decided or context["params"]["run_date"]
    if chosen is None and not SHOP.settings.schedule.is_on:
        chosen = str(pipeline.next_night(SHOP) or "")
        if not chosen:
            raise AirflowSkipException("nothing is due: no delivery is new or changed")
    return run_date(
        override=chosen,
        run_type=str(run.run_type),
        data_interval_start=run.data_interval_start,
        logical_date=run.logical_date,
        run_after=run.run_after,
        time_zone=ZoneInfo(CLOCK),
    )


def run(stage: str) -> None:
    """Run one stage and say its result; after `publish`, tell those who schedule on the marts."""
    context = get_current_context()
    try:
        night = night_of(context)
        context["ti"].xcom_push(key="run_date", value=str(night))
        record = pipeline.run_stage(SHOP.folder, night, stage)
    except AirflowSkipException:
        raise
    except Exception as fault:
        # Before it is raised: lines of a callback lie in a group that the log page keeps closed.
        log.error("%s stopped in %s: %s", NAME, stage, fault)  # noqa: TRY400  # Airflow logs the traceback
        said = {"line": str(fault), "exit_code": int(getattr(fault, "exit_code", 1))}
        context["ti"].xcom_push(key="fault", value=said)
        if isinstance(fault, MandjeError):
            raise AirflowFailException(str(fault)) from None
        raise
    for name, value in record["result"].items():
        log.info("%s: %s", name.replace("_", " "), len(value) if isinstance(value, list) else value)
    for warning in night_warnings(SHOP, night, stages=[stage]):
        log.log(logging.WARNING if warning.is_new else logging.INFO, warning.line(SHOP.folder.name))
    for mart in MARTS if stage == "publish" else []:
        facts = {name: str(record["result"][name]) for name in ("as_of_date", "content_hash")}
        context["outlet_events"][mart].extra = facts


with DAG(
    dag_id="nightly",
    description=f"One night of {NAME}: from its exports to the published snapshot.",
    doc_md=__doc__,
    schedule=CronDataIntervalTimetable(CRON, CLOCK) if IS_SCHEDULED else None,
    start_date=datetime(2020, 1, 1, tzinfo=UTC),
    catchup=False,
    max_active_runs=1,
    tags=["mandje", NAME],
    params={"run_date": Param(None, type=["null", "string"], format="date", description=RUN_DATE_HELP)},
    default_args={"owner": "data-team", "retries": 2, "retry_delay": timedelta(minutes=1)},
):
    chain(
        *(
            task(
                task_id=stage,
                doc_md=getattr(pipeline, stage).__doc__,
                pool="default_pool" if stage in ON_FILES else "warehouse",
                execution_timeout=timedelta(hours=4 if stage in LONG else 1),
                outlets=MARTS if stage == "publish" else [],
            )(run)(stage)
            for stage in pipeline.STAGES
        )
    )
