"""Run nights through Airflow, one after the other, and tell how they went."""

from __future__ import annotations

import signal
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from itertools import count
from typing import Any

import httpx

from mandje.errors import ExitCode, MandjeError
from mandje.orchestrate.rest import Rest, unexpected
from mandje.orchestrate.server import Say, Server, down, up
from mandje.shop.settings import Shop

LOOK_SECONDS = 1.0
ENDED = frozenset({"success", "failed"})

Json = dict[str, Any]


@dataclass(frozen=True)
class Progress:
    """Where a night is now. `stage` is None while Airflow has not begun its next task."""

    run_date: date
    stage: str | None
    stages_done: int
    stages_total: int
    night_seconds: float
    is_retry: bool


@dataclass(frozen=True)
class NightResult:
    """How a night ended; `failed_stage` and `fault` (one line) only where it did not succeed."""

    run_date: date
    run_id: str
    is_success: bool
    seconds: float
    stage_seconds: dict[str, float]
    failed_stage: str | None
    fault: str | None
    exit_code: ExitCode

    def __str__(self) -> str:
        """One plain line for people."""
        stages = ", ".join(f"{stage} {seconds:.0f}" for stage, seconds in self.stage_seconds.items())
        return f"night {self.run_date}: {self.seconds:.0f} s ({stages})"


def run_nights(
    shop: Shop,
    dates: Sequence[date],
    on_progress: Callable[[Progress], None] = lambda _: None,
    say: Say = lambda _: None,
) -> list[NightResult]:
    """Run the shop's DAG for each date in turn; the first night that fails is the last one run.

    Uses the shop's server if it is up. Otherwise one is started for the purpose, which starts no night by
    itself, and stopped again, also on Ctrl-C and TERM. Call it from the main thread.

    Args:
        shop: the shop.
        dates: run dates in the order to run.
        on_progress: called about once a second while a night runs.
        say: told in a few words what happens around the nights, and how each ended.

    Raises:
        MandjeError: Airflow cannot be started, went away, or refused a run.
    """
    results: list[NightResult] = []
    with _leaving_on_term(), _server(shop, say) as server, server.rest() as rest:
        for run_date in dates:
            results.append(_run_night(server, rest, run_date, on_progress))
            say(str(results[-1]))
            if not results[-1].is_success:
                break
    return results


@contextmanager
def _leaving_on_term() -> Iterator[None]:
    """TERM ends the command as Ctrl-C does, cleaning up; by default nothing would be."""
    before = signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


@contextmanager
def _server(shop: Shop, say: Say) -> Iterator[Server]:
    server = up(shop, say, scheduled=False)
    try:
        if not server.was_up:
            _end_leftovers(server)
        _check_none_waits(server)
        with _unpaused(server):
            yield server
    finally:
        if not server.was_up:
            say("stopping Airflow")
            down(shop)


@contextmanager
def _unpaused(server: Server) -> Iterator[None]:
    """A paused DAG runs nothing: switch it on, and off again where somebody had switched it off."""
    path = f"/dags/{server.home.dag}"
    with server.rest() as rest:
        was_paused = rest.get(path)["is_paused"]
        if was_paused:
            _change(rest, path, is_paused=False)
        try:
            yield
        finally:
            if was_paused:
                _change(rest, path, is_paused=True)


def _end_leftovers(server: Server) -> None:
    """End runs of a server that was killed: nobody works on them, and they would hold up the next."""
    runs = f"/dags/{server.home.dag}/dagRuns"
    with server.rest() as rest:
        for run in rest.get(f"{runs}?state=running&state=queued")["dag_runs"]:
            _change(rest, f"{runs}/{run['dag_run_id']}", state="failed")


def _check_none_waits(server: Server) -> None:
    """Nights run one after the other: one that waits for its deliveries would hold up all others for hours.

    Raises:
        MandjeError: a night of the server's schedule waits (exit code WAITING).
    """
    with server.rest() as rest:
        waiting = rest.get(f"/dags/{server.home.dag}/dagRuns/~/taskInstances?state=deferred")
    if waiting["total_entries"]:
        raise MandjeError(
            "a night that Airflow started waits for its deliveries, and no other can run meanwhile",
            found=f"run {waiting['task_instances'][0]['dag_run_id']} at {server.address}",
            next_step="`mandje status SHOP` tells what is missing; to run another night first, mark that run "
            "as failed on Airflow's page",
            exit_code=ExitCode.WAITING,
        )


def _change(rest: Rest, path: str, **values: object) -> None:
    answer = rest.call("PATCH", path, json=values)
    if answer.is_error:
        raise unexpected(answer)


def _run_night(
    server: Server, rest: Rest, run_date: date, on_progress: Callable[[Progress], None]
) -> NightResult:
    runs = f"/dags/{server.home.dag}/dagRuns"
    path = f"{runs}/{_trigger(rest, runs, run_date)}"
    began = time.monotonic()
    while (run := rest.get(path))["state"] not in ENDED:
        on_progress(_progress(run_date, _tasks(rest, path), time.monotonic() - began))
        if dead := server.dead():
            raise MandjeError(
                f"Airflow's {dead[0]} ended while the night ran",
                file=str(server.home.logs / f"{dead[0]}.log"),
                next_step="read that log, then run the night again",
            )
        time.sleep(LOOK_SECONDS)
    return _result(rest, path, run, run_date)


def _trigger(rest: Rest, runs: str, run_date: date) -> str:
    """Start a run, named `night_<date>`, or `night_<date>_2` and so on where that is taken."""
    for number in count(1):
        run_id = f"night_{run_date}" + (f"_{number}" if number > 1 else "")
        body = {"dag_run_id": run_id, "logical_date": None, "conf": {"run_date": run_date.isoformat()}}
        answer = rest.call("POST", runs, json=body)
        if answer.is_success:
            return run_id
        if answer.status_code != httpx.codes.CONFLICT:
            raise unexpected(answer)
    raise AssertionError


def _tasks(rest: Rest, path: str) -> list[Json]:
    tasks: list[Json] = rest.get(f"{path}/taskInstances")["task_instances"]
    return tasks


def _progress(run_date: date, tasks: list[Json], seconds: float) -> Progress:
    running = [task for task in tasks if task["state"] in {"running", "up_for_retry"}]
    return Progress(
        run_date=run_date,
        stage=running[0]["task_id"] if running else None,
        stages_done=sum(task["state"] == "success" for task in tasks),
        stages_total=len(tasks),
        night_seconds=seconds,
        is_retry=any(task["state"] == "up_for_retry" or task["try_number"] > 1 for task in running),
    )


def _result(rest: Rest, path: str, run: Json, run_date: date) -> NightResult:
    tasks = sorted(_tasks(rest, path), key=lambda task: task["start_date"] or "~")
    failed = next((task["task_id"] for task in tasks if task["state"] == "failed"), None)
    is_success = run["state"] == "success"
    line, exit_code = (None, ExitCode.OK) if is_success else _fault(rest, path, failed)
    return NightResult(
        run_date=run_date,
        run_id=run["dag_run_id"],
        is_success=is_success,
        seconds=_seconds(run),
        stage_seconds={task["task_id"]: _seconds(task) for task in tasks if task["state"] in ENDED},
        failed_stage=failed,
        fault=line,
        exit_code=exit_code,
    )


def _seconds(timed: Json) -> float:
    begin, end = timed["start_date"], timed["end_date"]
    if begin is None or end is None:
        return 0.0
    return (datetime.fromisoformat(end) - datetime.fromisoformat(begin)).total_seconds()


def _fault(rest: Rest, path: str, task: str | None) -> tuple[str, ExitCode]:
    """What the failed task left as its last word."""
    answer = rest.call("GET", f"{path}/taskInstances/{task}/xcomEntries/fault?deserialize=true")
    if answer.is_success:
        fault = answer.json()["value"]
        return fault["line"], ExitCode(fault["exit_code"])
    return "the stage ended without a word; its log is on Airflow's page", ExitCode.USER_ERROR
