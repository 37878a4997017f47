"""The task of one stage: runs `mandje stage`, and tells Airflow what came of it."""

from __future__ import annotations

import logging
import sys
from collections.abc import Mapping, Sequence
from typing import Any

from airflow.sdk import Asset, BaseOperator
from airflow.sdk.exceptions import AirflowFailException, AirflowSkipException

from mandje.airflow.command import StageCommand, environment_for
from mandje.airflow.run_date import run_date
from mandje.airflow.shop_file import ShopFile
from mandje.night.stages import STAGES
from mandje.notify.notice import fault_lines

FIRST = next(iter(STAGES))
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
        """Run the stage and say its result; after the last, tell those who schedule on the tables."""
        task = context["ti"]
        self.night = self._night(context)
        words = self._words(self.night)
        self._command = StageCommand(words, environment_for(is_own=self._executable is None, more=self._env))
        answer = self.answer = self._command.answer(log.info)
        if answer["run_date"] is not None:
            self.night = answer["run_date"]
            task.xcom_push(key="run_date", value=answer["run_date"])
        if fault := answer.get("fault"):
            self._fail(task, fault)
        if answer["run_date"] is None:
            raise AirflowSkipException("nothing is due: no delivery is new or changed")
        self._tell(answer, context)

    def on_kill(self) -> None:
        """End the stage with its task: killed anywhere and run again, it goes on."""
        if self._command is not None:
            self._command.stop()

    def _night(self, context: Mapping[str, Any]) -> str | None:
        """The day that this run is for; None: the newest that is due."""
        run, decided = context["dag_run"], context["ti"].xcom_pull(task_ids=FIRST, key="run_date")
        chosen: str | None = decided or context["params"]["run_date"]
        if chosen is not None or not self._shop.is_scheduled:
            return chosen
        found = run_date(
            run_type=run.run_type,  # a str of an own kind: `str` of it is another word
            data_interval_start=run.data_interval_start,
            logical_date=run.logical_date,
            run_after=run.run_after,
            time_zone=self._shop.time_zone,
        )
        return found.isoformat()

    def _words(self, night: str | None) -> list[str]:
        mandje = [sys.executable, "-P", "-m", "mandje"] if self._executable is None else self._executable
        day = [] if night is None else ["--date", night]
        return [*mandje, "stage", str(self._shop.folder), self.task_id, *day]

    def _fail(self, task: Any, fault: Answer) -> None:  # noqa: ANN401
        # Before it is raised: lines of a callback lie in a group that the log page keeps closed.
        log.error("%s stopped in %s", self._shop.name, self.task_id)
        for what, said in fault_lines(fault):
            log.error("%-9s %s", f"{what}:", said)
        task.xcom_push(key="fault", value={name: fault[name] for name in ("line", "exit_code")})
        raise (AirflowFailException if fault["is_to_mend"] else RuntimeError)(fault["line"])

    def _tell(self, answer: Answer, context: Mapping[str, Any]) -> None:
        for name, value in answer["result"].items():
            log.info("%s: %s", name.replace("_", " "), len(value) if isinstance(value, list) else value)
        for warning in answer["warnings"]:
            (log.warning if warning["is_new"] else log.info)("%s", warning["line"])
        for table in self.outlets:
            if isinstance(table, Asset):
                facts = {name: str(answer["result"][name]) for name in ("as_of_date", "content_hash")}
                context["outlet_events"][table].extra = facts
