from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from typer.testing import CliRunner

from mandje.cli import app, make
from mandje.errors import MandjeError

SMALL = ["--customers", "40", "--days", "30"]


def _run(*arguments: str) -> str:
    result = CliRunner().invoke(app, ["simulate", *arguments], catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.output


def _fault(*arguments: str) -> MandjeError:
    with pytest.raises(MandjeError) as fault:
        CliRunner().invoke(app, ["simulate", *arguments], catch_exceptions=False)
    return fault.value


@pytest.fixture
def nothing_made(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    made: list[Path] = []
    monkeypatch.setattr(make, "simulate_shop", made.append)
    return made


def test_a_new_shop_is_made_and_the_second_time_nothing(tmp_path: Path) -> None:
    (tmp_path / "shop").mkdir()
    (tmp_path / "shop" / "simulation.toml").write_text(
        "customers = 40\ndays = 30\n[defects]\nmissing_deliveries = 0\nempty_deliveries = 0\n"
    )
    told = _run(str(tmp_path / "shop"))
    assert "40 customers" in told
    assert "peak memory" in told
    assert "truth.json" in told.replace("\n", "")
    assert (tmp_path / "shop" / "shop.toml").is_file()
    assert "nothing to do" in _run(str(tmp_path / "shop"), *SMALL)


def test_a_new_folder_gets_its_settings_first(tmp_path: Path, nothing_made: list[Path]) -> None:
    _run(str(tmp_path / "new"), *SMALL, "--seed", "7")
    assert nothing_made == [tmp_path / "new"]
    text = (tmp_path / "new" / "simulation.toml").read_text()
    assert text.endswith("seed = 7\ncustomers = 40\ndays = 30\n")


def test_options_that_differ_from_the_settings_are_a_mistake(
    tmp_path: Path, nothing_made: list[Path]
) -> None:
    _run(str(tmp_path), *SMALL)
    _run(str(tmp_path), "--days", "30")
    fault = _fault(str(tmp_path), "--days", "31", "--seed", "1")
    assert (fault.found, fault.expected) == ("--days 31", "days = 30")
    assert len(nothing_made) == 2


def test_days_that_are_not_over_are_refused_and_write_nothing(
    tmp_path: Path, nothing_made: list[Path]
) -> None:
    days = (date.today() - date(2023, 6, 1)).days  # noqa: DTZ011  a day more or less is left alone
    _run(str(tmp_path / "past"), "--days", str(days - 1))
    assert "not over yet" in str(_fault(str(tmp_path / "future"), "--days", str(days + 2)))
    assert not (tmp_path / "future").exists()
    assert nothing_made == [tmp_path / "past"]
