"""A thousand mutated deliveries at every run, more in the full one: no traceback, and no row is lost."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

import mutated_deliveries
from mutations import KINDS, mutated

MANY, MORE = 1_000, 10_000
MOST_SECONDS = 20
MOST_BYTES = 2 * 2**30
IN_A_PROCESS = """
import json, resource, sys
from pathlib import Path
import mutated_deliveries
sums = mutated_deliveries.main(int(sys.argv[1]), int(sys.argv[2]), Path(sys.argv[3]))
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
print(json.dumps(vars(sums) | {"peak": peak}))
"""


def test_a_thousand(tmp_path: Path) -> None:
    sums = mutated_deliveries.main(0, MANY, tmp_path / "shop")
    assert sums.accepted + sum(sums.refused.values()) == MANY
    assert sums.accepted > MANY / 5
    assert sums.counted > sums.accepted * 0.8
    assert sums.read > sums.rejected > 0
    reasons = {
        "header",
        "unreadable",
        "too_many_rejected",
        "not_its_format",
        "empty_file",
        "unknown_file",
        "too_big",
    }
    assert set(sums.refused) == reasons


@pytest.mark.full
def test_ten_thousand_in_one_process(tmp_path: Path) -> None:
    """The memory of one process, and the processor time of the slowest 250 together, which limits each."""
    said = subprocess.run(
        [sys.executable, "-c", IN_A_PROCESS, str(MANY), str(MANY + MORE), str(tmp_path / "shop")],
        env={"PYTHONPATH": ":".join(sys.path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert said.returncode == 0, said.stderr[-2000:]
    sums = json.loads(said.stdout)
    assert sums["accepted"] + sum(sums["refused"].values()) == MORE
    assert sums["slowest"] < MOST_SECONDS
    assert sums["peak"] < MOST_BYTES


def test_a_number_always_gives_the_same_and_every_kind_comes() -> None:
    assert mutated(77) == mutated(77)
    assert {mutated(number).kind for number in range(MANY)} == set(KINDS)
