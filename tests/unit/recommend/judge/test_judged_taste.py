"""Simulated shops: where taste is planted a form that knows the customer wins, where none is none does."""

from __future__ import annotations

import pytest

from mandje.recommend.judge.judge import judge
from mandje.recommend.models.forms import TASKS, Form, Task
from tasteful import END, tasteful_lines, tasteful_world


def _champions(seed: int, affinity: float) -> dict[Task, Form]:
    judged = judge(tasteful_lines(tasteful_world(seed, affinity)), END)
    return {one.task: one.champion for one in judged.tasks}


@pytest.mark.full
def test_in_eighteen_of_twenty_shops_with_taste_a_personal_form_wins_each_task() -> None:
    champions = [_champions(seed, affinity=1.0) for seed in range(1, 21)]
    for task in TASKS:
        assert sum(each[task] != "best sellers" for each in champions) >= 18


@pytest.mark.full
def test_in_ten_shops_without_taste_best_sellers_stay() -> None:
    for seed in range(1, 11):
        assert _champions(seed, affinity=0.0) == dict.fromkeys(TASKS, "best sellers")
