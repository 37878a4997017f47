import os
import sys
import time
from pathlib import Path

import psutil
import pytest

from mandje.orchestrate import processes
from mandje.orchestrate.processes import Started, is_alive, start, stop

# Starts a child in a process group of its own, as Airflow does with tasks, and waits.
PARENT = """
import os, subprocess, sys, time
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"], process_group=0)
print(child.pid, flush=True)
time.sleep(600)
"""
STUBBORN = """
import signal, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
print(1, flush=True)
time.sleep(600)
"""


def run(code: str, log: Path) -> Started:
    started = start("example", [sys.executable, "-c", code], dict(os.environ), log)
    deadline = time.monotonic() + 20
    while not log.read_text() and time.monotonic() < deadline:
        time.sleep(0.02)
    return started


@pytest.fixture
def parent(tmp_path: Path) -> Started:
    return run(PARENT, tmp_path / "log")


def test_stop_ends_children_in_other_process_groups_too(parent: Started, tmp_path: Path) -> None:
    child = int((tmp_path / "log").read_text())
    assert is_alive(parent)
    stop((parent,))
    assert not is_alive(parent)
    assert not psutil.pid_exists(child) or psutil.Process(child).status() == psutil.STATUS_ZOMBIE


def test_stop_finds_children_whose_parent_was_killed(parent: Started, tmp_path: Path) -> None:
    child = psutil.Process(int((tmp_path / "log").read_text()))
    os.kill(parent.pid, 9)
    os.waitpid(parent.pid, 0)
    assert not is_alive(parent)
    assert child.is_running()
    stop((parent,))
    assert not child.is_running() or child.status() == psutil.STATUS_ZOMBIE


def test_what_does_not_hear_is_killed(tmp_path: Path) -> None:
    stubborn = run(STUBBORN, tmp_path / "log")
    stop((stubborn,), patience_seconds=0.3)
    assert not is_alive(stubborn)


def test_a_later_process_with_the_same_id_is_left_alone(parent: Started) -> None:
    earlier = Started(parent.name, parent.pid, parent.born - 1)
    assert not is_alive(earlier)
    stop((earlier,), patience_seconds=0.3)
    assert is_alive(parent)
    stop((parent,))


def test_a_dead_child_that_nobody_collected_is_dead(tmp_path: Path) -> None:
    started = run("print(1)", tmp_path / "log")
    deadline = time.monotonic() + 20
    while is_alive(started) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert psutil.Process(started.pid).status() == psutil.STATUS_ZOMBIE
    assert not is_alive(started)
    assert processes._members({started.pid}) == []
    stop((started,))
    assert not psutil.pid_exists(started.pid)
