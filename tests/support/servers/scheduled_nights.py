"""The nights of shops in an Airflow, as its REST interface tells of them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from mandje.orchestrate.nights import ENDED
from mandje.orchestrate.rest import Rest

Json = dict[str, Any]


@dataclass(frozen=True)
class Nights:
    """Runs by the local day that they are for."""

    rest: Rest
    time_zone: ZoneInfo

    def run(self, shop: str, day: date) -> Json | None:
        runs: list[Json] = self.rest.get(f"/dags/mandje_{shop}/dagRuns")["dag_runs"]
        return next((run for run in runs if self._day(run) == day), None)

    def states(self, shop: str, days: Iterable[date]) -> list[str | None]:
        runs = [self.run(shop, day) for day in days]
        return [None if run is None else run["state"] for run in runs]

    def have_ended(self, shop: str, days: Iterable[date]) -> bool:
        return ENDED.issuperset(self.states(shop, days))

    def is_at(self, shop: str, day: date, stage: str, state: str = "running") -> bool:
        if self.run(shop, day) is None:
            return False
        return any((task["task_id"], task["state"]) == (stage, state) for task in self._tasks(shop, day))

    def fault(self, shop: str, day: date) -> str:
        """The last word of the red task."""
        (red,) = [task["task_id"] for task in self._tasks(shop, day) if task["state"] == "failed"]
        path = f"{self._path(shop, day)}/taskInstances/{red}/xcomEntries/fault?deserialize=true"
        return str(self.rest.get(path)["value"]["line"])

    def clear(self, shop: str, day: date) -> None:
        """Clear what the notice says, as a person does who has mended a delivery."""
        run = self.run(shop, day)
        assert run is not None
        self._order(
            f"/dags/mandje_{shop}/clearTaskInstances",
            dag_run_id=run["dag_run_id"],
            task_ids=["discover"],
            include_downstream=True,
            only_failed=False,
            dry_run=False,
        )

    def backfill(self, shop: str, begin: datetime, end: datetime) -> None:
        """One night after the other, for each day that begins in this time."""
        dates = {"from_date": begin.isoformat(), "to_date": end.isoformat()}
        self._order("/backfills", dag_id=f"mandje_{shop}", max_active_runs=1, **dates)

    def _day(self, run: Json) -> date:
        return datetime.fromisoformat(run["data_interval_start"]).astimezone(self.time_zone).date()

    def _path(self, shop: str, day: date) -> str:
        run = self.run(shop, day)
        assert run is not None
        return f"/dags/mandje_{shop}/dagRuns/{run['dag_run_id']}"

    def _tasks(self, shop: str, day: date) -> list[Json]:
        tasks: list[Json] = self.rest.get(f"{self._path(shop, day)}/taskInstances")["task_instances"]
        return tasks

    def _order(self, path: str, **body: object) -> None:
        answer = self.rest.call("POST", path, json=body)
        assert answer.is_success, answer.text
