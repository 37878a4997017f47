"""The task of one stage: runs `mandje stage`, and tells Airflow what came of it."""

from __future__ import annotations

import logging
import sys
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from airflow.sdk import Asset, BaseOperator
from airflow.sdk.bases.operator import TRIGGER_FAIL_REPR, TriggerFailureReason
from airflow.sdk.exceptions import AirflowFailException, AirflowSkipException

from mandje.airflow.assets import snapshot_asset, source_asset, table_assets
from mandje.airflow.command import StageCommand, environment_for
from mandje.airflow.run_date import run_date
from mandje.airflow.shop_file import ShopFile
from mandje.airflow.waiting import DeliveriesTrigger, file_stamp
from mandje.night.stages import STAGES
from mandje.notify.notice import fault_lines

FIRST, *_, LAST = STAGES
_BY_HAND = "manual"
_SINCE = "waits_since"
# A delivery that the triggerer cannot see, since it has not the shop's folder, is found so.
_LOOK_AGAIN = timedelta(minutes=30)
_PATIENCE = timedelta(minutes=5)
_NO_ANSWER = TriggerFailureReason.TRIGGER_TIMEOUT
Answer = dict[str, Any]
log = logging.getLogger("mandje.nightly")


class StageOperator(BaseOperator):
    """Runs one stage of a shop's night in a process of its own.

    A fault that a person must mend fails the task at once; any other is tried again as the task says. The
    first stage decides the night, for all that follow. `night` and what the stage said of itself (`answer`)
    stay for the callbacks that tell people.
    """

    ui_color = "#e8f0e4"

    def __init__(
        self,
        *,
        shop: ShopFile,
        executable: Sequence[str] | None,
        env: Mapping[str, str],
        **task: Any,  # noqa: ANN401  whatever an operator takes
    ) -> None:
        super().__init__(**task)
        self._shop = shop
        self._executable = executable
        self._env = dict(env)
        self._command: StageCommand | None = None
        self.night: str | None = None
        self.answer: Answer | None = None

    def execute(self, context: Mapping[str, Any]) -> None:
        """Run the stage and say its result; after the last, tell those who schedule on the tables.

        Where deliveries are missing that may still come, the task waits for them without a worker, and then
        runs the stage again.
        """
        self._run(context)

    def resume(self, context: Mapping[str, Any], event: str) -> None:
        """Run the stage again: the trigger's word is a hint only."""
        log.info("%s", event)
        self._run(context)

    def resume_execution(
        self,
        next_method: str,
        next_kwargs: dict[str, Any] | None,
        context: Any,  # noqa: ANN401
    ) -> Any:  # noqa: ANN401
        """As any task, but that a triggerer which does not answer is no reason to fail."""
        if next_method == TRIGGER_FAIL_REPR and (next_kwargs or {}).get("error") == _NO_ANSWER:
            log.warning("Airflow's triggerer did not answer in time; does it run, as `airflow triggerer`?")
            return self._run(context)
        return super().resume_execution(next_method, next_kwargs, context)

    def on_kill(self) -> None:
        """End the stage with its task: killed anywhere and run again, it goes on."""
        if self._command is not None:
            self._command.stop()

    def _run(self, context: Mapping[str, Any]) -> None:
        task = context["ti"]
        settings = file_stamp(self._settings)  # before they are read: what changes from here on is noticed
        self.night = self.night_of(context)
        words = self._words(self.night)
        self._command = StageCommand(words, environment_for(is_own=self._executable is None, more=self._env))
        answer = self.answer = self._command.answer(log.info)
        if answer["run_date"] is not None:
            self.night = answer["run_date"]
            task.xcom_push(key="run_date", value=answer["run_date"])
        if fault := answer.get("fault"):
            if "awaited" in fault and context["dag_run"].run_type.value != _BY_HAND:
                self._wait(context, fault, settings)
            self._fail(context, fault)
        if answer["run_date"] is None:
            raise AirflowSkipException("nothing is due: no delivery is new or changed")
        self._tell(answer, context)

    @property
    def _settings(self) -> str:
        return str(self._shop.folder / "shop.toml")

    def night_of(self, context: Mapping[str, Any]) -> str | None:
        """The day that this run is for; None: the newest that is due."""
        run, decided = context["dag_run"], context["ti"].xcom_pull(task_ids=FIRST, key="run_date")
        chosen: str | None = decided or context["params"]["run_date"]
        if chosen is not None or not self._shop.is_scheduled:
            return chosen
        found = run_date(
            run_type=run.run_type.value,
            data_interval_end=run.data_interval_end,
            logical_date=run.logical_date,
            run_after=run.run_after,
            time_zone=self._shop.time_zone,
        )
        return found.isoformat()

    def _words(self, night: str | None) -> list[str]:
        mandje = [sys.executable, "-P", "-m", "mandje"] if self._executable is None else self._executable
        day = [] if night is None else ["--date", night]
        return [*mandje, "stage", str(self._shop.folder), self.task_id, *day]

    def _fail(self, context: Mapping[str, Any], fault: Answer) -> None:
        fault |= self._waited(context, fault)
        # Before it is raised: lines of a callback lie in a group that the log page keeps closed.
        log.error("%s stopped in %s", self._shop.name, self.task_id)
        for what, said in fault_lines(fault):
            log.error("%-9s %s", f"{what}:", said)
        line = fault["line"] + (f"; waited: {fault['waited']}" if "waited" in fault else "")
        context["ti"].xcom_push(key="fault", value={"line": line, "exit_code": fault["exit_code"]})
        raise (AirflowFailException if fault["is_to_mend"] else RuntimeError)(line)

    def _waited(self, context: Mapping[str, Any], fault: Answer) -> Answer:
        """Of a night without its deliveries, whether it waited for them."""
        if since := self._waits_since(context):
            return {"waited": f"since {since:%Y-%m-%d %H:%M}"}
        by_hand = "not at all: a night that was started by hand does not"
        return {"waited": by_hand} if "awaited" in fault else {}

    def _waits_since(self, context: Mapping[str, Any]) -> datetime | None:
        since = context["ti"].xcom_pull(task_ids=self.task_id, key=_SINCE)
        return datetime.fromisoformat(since).astimezone(self._shop.time_zone) if since else None

    def _wait(self, context: Mapping[str, Any], fault: Answer, settings: str | None) -> None:
        """Leave the worker until the deliveries have come or the first deadline is over."""
        now, awaited = datetime.now(UTC), fault["awaited"]
        if self._waits_since(context) is None:
            context["ti"].xcom_push(key=_SINCE, value=now.isoformat())
        until = min(datetime.fromisoformat(awaited["until"]), now + _LOOK_AGAIN)
        log.info("%s", fault["line"])
        self.defer(
            trigger=DeliveriesTrigger(
                awaited["folders"], self._settings, settings, until.astimezone(UTC).isoformat()
            ),
            method_name="resume",
            timeout=until - now + _PATIENCE,
        )

    def _tell(self, answer: Answer, context: Mapping[str, Any]) -> None:
        for name, value in answer["result"].items():
            log.info("%s: %s", name.replace("_", " "), len(value) if isinstance(value, list) else value)
        for warning in answer["warnings"]:
            (log.warning if warning["is_new"] else log.info)("%s", warning["line"])
        self._emit(self._news(answer["result"], context), context)

    def _news(self, result: Answer, context: Mapping[str, Any]) -> dict[Asset, dict[str, str]]:
        """The assets that this stage changed, with what their events tell."""
        name = self._shop.name
        if self.task_id == "load":
            return {
                source_asset(name, source): {"delivery_count": str(count)}
                for source, count in result.get("taken_in", {}).items()
            }
        if self.task_id != LAST or result.get("current") != result.get("folder"):
            return {}  # readers stay at another snapshot
        facts = {name: str(result[name]) for name in ("as_of_date", "content_hash")}
        snapshot = snapshot_asset(name)
        last = context["inlet_events"][snapshot].ascending(ascending=False).limit(1)
        if any(event.extra == facts for event in last):
            return {}
        return dict.fromkeys([snapshot, *table_assets(name)], facts)

    def _emit(self, news: Mapping[Asset, dict[str, str]], context: Mapping[str, Any]) -> None:
        """Tell the news, and nothing of assets of this shop that did not change."""
        ours = f"mandje://{self._shop.name}/"
        self.outlets = [
            one
            for one in self.outlets
            if not (isinstance(one, Asset) and one.uri.startswith(ours)) or one in news
        ]
        for asset in self.outlets:
            if asset in news:
                context["outlet_events"][asset].extra = news[asset]
