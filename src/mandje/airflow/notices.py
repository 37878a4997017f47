"""Who is told of a night that Airflow runs: by Airflow's own callbacks, through its own connections.

A task that has failed for good tells once: not when it is tried again, nor do the tasks after it. What cannot
be sent is said in the log, and changes nothing else.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import quote

from airflow.sdk import AsyncCallback, DeadlineAlert, DeadlineReference  # type: ignore[attr-defined]
from airflow.sdk.configuration import conf

from mandje.airflow.connections import connections_of, ways_of
from mandje.airflow.run_date import run_date
from mandje.airflow.shop_file import ShopFile, read_shop_file
from mandje.cron import is_daily
from mandje.night.stages import STAGES, begins_again_at
from mandje.notify.delivery import Way, send_everywhere
from mandje.notify.notice import Notice, Place, late, published, stopped
from mandje.notify.recipients import read_recipients

Context = Mapping[str, Any]
Callback = Callable[[Any], object]
_LAST = list(STAGES)[-1]
_ENDED = frozenset({"success", "failed"})
log = logging.getLogger("mandje.notices")


class NightNotices:
    """What tells people of a shop's nights: those of `[notify]` in shop.toml, or `callbacks` in their place.

    Each of `callbacks` is called as Airflow calls its own; the context holds `notice` besides, with its
    `subject` and `text`.
    """

    def __init__(self, shop: ShopFile, callbacks: Sequence[Callback] | None) -> None:
        self._shop = shop
        self._callbacks = callbacks

    def callbacks(self, stage: str) -> dict[str, Callback]:
        """Airflow's callbacks of a stage's task."""
        ours: dict[str, Callback] = {"on_failure_callback": self.failed}
        return ours | {"on_success_callback": self.published} if stage == _LAST else ours

    def deadlines(self) -> dict[str, DeadlineAlert]:
        """Airflow's alert for a scheduled night that is late, as a DAG takes it; none for nobody.

        Nor where nights are not daily: then nothing in Airflow tells when a run was to begin.
        """
        who = read_recipients(self._shop.folder)
        if self._callbacks is not None or not who.is_anybody or not is_daily(self._shop.cron):
            return {}
        told = {"folder": str(self._shop.folder), "hours": who.late_after_hours}
        # A run is made a day after its logical date. From when it was queued would be plainer, but then
        # Airflow 3.3 cannot clear any task of the run, a fault that it knows.
        since, hours = DeadlineReference.DAGRUN_LOGICAL_DATE, timedelta(days=1, hours=who.late_after_hours)
        return {"deadline": DeadlineAlert(since, hours, AsyncCallback(tell_late, told), name="late night")}

    def failed(self, context: Context) -> None:
        """Tell why a stage has failed; one that was killed says nothing of itself."""
        task = context["ti"].task
        fault = (task.answer or {}).get("fault")
        if fault and "awaited" in fault:
            return  # started by hand: who did it sees it, and it may still come
        again = f"clear the task {begins_again_at(task.task_id)} with all that follows it"
        night = task.night or _night_known(task, context)
        self._tell(stopped(self._place(context), night, task.task_id, fault, again), context)

    def published(self, context: Context) -> None:
        """Tell what a published night makes good, and which checks newly fail."""
        answer = context["ti"].task.answer or {}
        told = answer.get("night", {"mended": [], "new_warnings": []})
        notice = published(self._place(context), answer.get("run_date", ""), **told)
        if notice is not None:
            self._tell(notice, context)

    def _place(self, context: Context) -> Place:
        return Place(self._shop.name, self._shop.folder, context["ti"].log_url)

    def _tell(self, notice: Notice, context: Context) -> None:
        if self._callbacks is None:
            _send(notice, ways_of(notice, read_recipients(self._shop.folder)))
            return
        known = dict(context) | {"notice": notice}
        _send(notice, {_name(one): partial(_call, one, known) for one in self._callbacks})


def _night_known(task: Any, context: Context) -> str | None:  # noqa: ANN401
    """The night of a task that ended without a word: another process calls then, which may know less."""
    with suppress(Exception):
        night: str | None = task.night_of(context)
        return night
    return None


async def tell_late(folder: str, hours: int, context: Context) -> None:
    """Tell that a scheduled night has not ended; called by the triggerer when Airflow's deadline passes.

    A night that failed has told so itself, and who starts one by hand looks after it.
    """
    run = context["dag_run"]
    if run["run_type"] != "scheduled" or run["state"] in _ENDED:
        return
    shop, who = read_shop_file(Path(folder)), read_recipients(Path(folder))
    address = (
        f"{conf.get('api', 'base_url', fallback='')}/dags/{run['dag_id']}/runs/{quote(run['dag_run_id'])}"
    )
    place = Place(shop.name, shop.folder, address)
    notice = late(place, _night(run, shop), has_begun=run["state"] != "queued", hours=hours)
    ways = ways_of(notice, who, await connections_of(who))
    await asyncio.to_thread(_send, notice, ways)


def _night(run: Context, shop: ShopFile) -> str:
    moments: dict[str, Any] = {
        name: datetime.fromisoformat(run[name]) if run[name] else None
        for name in ("data_interval_end", "logical_date", "run_after")
    }
    return str(run_date(run_type=run["run_type"], time_zone=shop.time_zone, **moments))


def _send(notice: Notice, ways: Mapping[str, Way]) -> None:
    faults = send_everywhere(ways)
    for line in faults:
        log.error("%s", line)
    if len(faults) < len(ways):
        log.info("told: %s", notice.subject)


def _call(callback: Callback, context: Context) -> None:
    callback(context)


def _name(callback: Callback) -> str:
    return getattr(callback, "__name__", type(callback).__name__)
