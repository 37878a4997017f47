"""Where nothing is set of what makes customers act, a shop is that of before, to the byte."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from mandje.simulate.marker import settings_digest
from mandje.simulate.run import simulate
from mandje.simulate.settings import SimulationSettings

# Of shops simulated before any of it was known.
SMALL = "seed = 7\ncustomers = 300\ndays = 120\n"
SMALL_EXPORTS = "97892b0f3fc099b880ad3e39368f5166dd9faaefe2717a1484aa244d6f7ba72d"
SMALL_TRUTH = "90b2d3ac11e8171ff67ee535372fc2d5102c1c2abab004151f6b99f0fb08f347"
DEMO_EXPORTS = "5eb633c04cd1530fc42ef6b99656d8ed623e6fdc5edc19318958290bb6585b00"
DEMO_TRUTH = "a744e52d236a5b543244156f8416903d51c671904610b03e8399cfccde1eb880"
# Everything but what switches an effect on.
SWITCHED_OFF = """\
[taste]
concentration = 1.0
pairs = 10
[messaging]
effect_days = 14
tired_ratio = 0.1
[messaging.groups]
sleeping_factor = 0.1
[left_carts]
waiting_ratio = 0.5
"""


def _digests(folder: Path, settings: str) -> tuple[str, str]:
    folder.mkdir()
    (folder / "simulation.toml").write_text(settings)
    simulate(folder)
    exports, truth = (_digest(folder / name) for name in ("exports", "truth"))
    return exports, truth


def _digest(folder: Path) -> str:
    """Of all files: their paths and bytes."""
    digest = hashlib.sha256()
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        digest.update(str(path.relative_to(folder)).encode())
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()


def test_a_small_shop_is_that_of_before_whatever_else_is_set(tmp_path: Path) -> None:
    assert _digests(tmp_path / "shop", SMALL + SWITCHED_OFF) == (SMALL_EXPORTS, SMALL_TRUTH)


@pytest.mark.full
def test_the_default_shop_is_that_of_before(tmp_path: Path) -> None:
    assert _digests(tmp_path / "shop", "") == (DEMO_EXPORTS, DEMO_TRUTH)


def test_what_is_switched_on_changes_the_digest_of_the_settings() -> None:
    before = settings_digest(SimulationSettings())
    switches: list[dict[str, object]] = [
        {"taste": {"affinity": 0.5}},
        {"messaging": {"newsletter_factor": 1.5}},
        {"messaging": {"delivered": "daily"}},
        {"messaging": {"withdrawn_per_year": 0.1}},
        {"left_carts": {"per_customer_year": 1}},
        {"experiments": [{"name": "same_twice"}]},
        {"sales": {"returns": {"habit_spread": 0.5}}},
    ]
    for on in switches:
        assert settings_digest(SimulationSettings.model_validate(on)) != before
