"""A stage in a process of its own: what it says, how it ends, and that it never outlives its task."""

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import psutil
import pytest

pytestmark = pytest.mark.usefixtures("airflow_home")  # the package imports Airflow


def command(code: str, **environment: str) -> Any:
    from mandje.airflow.command import StageCommand

    return StageCommand([sys.executable, "-c", code], dict(os.environ) | environment)


def test_its_last_line_is_the_answer_and_the_rest_is_said_as_it_comes() -> None:
    said: list[str] = []
    code = """
import json, sys
print("reading", file=sys.stderr); print("and more", file=sys.stderr)
print("a library that talks"); print(json.dumps({"run_date": "2026-05-09", "result": {}}))
"""
    assert command(code).answer(said.append) == {"run_date": "2026-05-09", "result": {}}
    assert said == ["reading", "and more"]


@pytest.mark.parametrize(
    ("code", "found"),
    [
        (
            "raise SystemExit('no such command')",
            "exit code 1 and told no result; it said last: no such command",
        ),
        ("print('{}')", "exit code 0 and told no result; it said last: nothing"),
        ("print('[1]')", "told no result"),
        ("import os; os.kill(os.getpid(), 9)", "exit code -9"),
    ],
)
def test_a_command_that_tells_nothing_is_told_of(code: str, found: str) -> None:
    from mandje.airflow.command import NoAnswerError

    with pytest.raises(NoAnswerError, match=found):
        command(code).answer(lambda _: None)


def test_a_command_that_is_not_there_is_told_of() -> None:
    from mandje.airflow.command import NoAnswerError, StageCommand

    with pytest.raises(NoAnswerError, match="/no/such/mandje cannot be started"):
        StageCommand(["/no/such/mandje", "stage"], {}).answer(lambda _: None)


def test_a_task_that_is_stopped_takes_its_stage_along() -> None:
    from mandje.airflow.command import NoAnswerError

    stage = command("import sys, time; print('at work', file=sys.stderr, flush=True); time.sleep(600)")
    stopper = threading.Timer(600, stage.stop)

    def stop(_: str) -> None:
        nonlocal stopper
        stopper = threading.Timer(0, stage.stop)
        stopper.start()

    with pytest.raises(NoAnswerError, match="exit code -15"):
        stage.answer(stop)
    stopper.join()


PARENT = """
import subprocess, sys
child = subprocess.Popen([sys.executable, "-c", sys.argv[1]], stdout=subprocess.PIPE)
child.stdout.readline()
print(child.pid, flush=True)
child.wait()
"""
CHILD = """
import time
from mandje.system.parent import end_with_parent
end_with_parent()
print("ready", flush=True)
time.sleep(600)
"""


def test_a_task_that_is_killed_takes_its_stage_along() -> None:
    words = [sys.executable, "-c", PARENT, CHILD]
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        child = psutil.Process(int(parent.stdout.readline()))
        parent.send_signal(signal.SIGKILL)
    deadline = time.monotonic() + 60
    while child.is_running() and child.status() != psutil.STATUS_ZOMBIE and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not child.is_running() or child.status() == psutil.STATUS_ZOMBIE


def test_a_stage_whose_task_was_gone_before_it_began_ends_too() -> None:
    words = [sys.executable, "-c", "import sys; sys.stdin.readline()\n" + CHILD]
    with subprocess.Popen(
        words, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
    ) as child:
        assert child.stdin is not None
        assert child.stderr is not None
        child.stderr.close()  # as the end of the task does
        child.stdin.close()
        assert child.wait(60) == -signal.SIGKILL


IN_A_HANDLER = """
import os, signal, sys
from mandje.airflow.command import NoAnswerError, StageCommand
silent = "import os, time; os.close(2); time.sleep(600)"
stage = StageCommand([sys.executable, "-c", silent], dict(os.environ))
signal.signal(signal.SIGALRM, lambda *_: stage.stop())
signal.setitimer(signal.ITIMER_REAL, 0.5, 1)
try:
    stage.answer(print)
except NoAnswerError as fault:
    print(fault)
"""


@pytest.mark.full
def test_a_task_that_is_stopped_while_it_waits_for_the_end_takes_its_stage_along() -> None:
    words = [sys.executable, "-W", "ignore", "-c", IN_A_HANDLER]
    done = subprocess.run(words, capture_output=True, text=True, timeout=100, check=False)
    assert "exit code -15" in done.stdout, done.stderr


def test_the_host_s_secrets_and_its_python_stay_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    from mandje.airflow.command import environment_for

    secrets = {"AIRFLOW__CORE__FERNET_KEY", "AIRFLOW_CONN_SHOP", "AIRFLOW_VAR_TOKEN", "_AIRFLOW__STARTUP_MSG"}
    for name in secrets:
        monkeypatch.setenv(name, "secret")
    monkeypatch.setenv("PYTHONPATH", "/host")
    monkeypatch.setenv("PATH", "/bin")
    own, other = (environment_for(is_own=is_own, more={"TZ": "UTC"}) for is_own in (True, False))
    assert not secrets & (own.keys() | other.keys())
    assert own.get("PYTHONPATH") == "/host"
    assert "PYTHONPATH" not in other
    assert {own["TZ"], own["PATH"], other["TZ"], other["PATH"]} == {"UTC", "/bin"}


def test_an_operator_stops_its_command(tmp_path: Path) -> None:
    from mandje.airflow import nightly

    (tmp_path / "shop.toml").write_text("")
    task = nightly(tmp_path).get_task("build")
    task.on_kill()  # before anything runs
    stopped = []
    task._command = type("Command", (), {"stop": lambda _: stopped.append(True)})()
    task.on_kill()
    assert stopped == [True]
