from __future__ import annotations

import subprocess
import sys
import tomllib
from datetime import date
from pathlib import Path

import pytest
from typer.testing import CliRunner

from mandje.cli import app, main, make_shop
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
    monkeypatch.setattr(make_shop, "simulate_shop", made.append)
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
    settings = tomllib.loads((tmp_path / "new" / "simulation.toml").read_text())
    assert settings == {"seed": 7, "customers": 40, "days": 30}


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


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ("customers = 40\ndays = 30\n", "not simulated"),
        (f"customers = 40\ndays = 30\nfirst_day = {date.today()}\n", "not over yet"),  # noqa: DTZ011  days too late
        ("customers = 40\ndays = 30\n[defects]\nmissing_deliveries = 5000\n", "defects"),
    ],
    ids=["foreign exports", "future", "too many defects"],
)
def test_a_refused_folder_stays_as_it_was(settings: str, message: str, tmp_path: Path) -> None:
    (tmp_path / "simulation.toml").write_text(settings)
    if message == "not simulated":
        (tmp_path / "exports" / "orders").mkdir(parents=True)
    before = {*tmp_path.rglob("*")}
    assert message in str(_fault(str(tmp_path)))
    assert {*tmp_path.rglob("*")} == before


def test_foreign_exports_do_not_become_a_simulated_shop(tmp_path: Path) -> None:
    (tmp_path / "exports" / "orders").mkdir(parents=True)
    assert "not simulated" in str(_fault(str(tmp_path), *SMALL))
    assert [path.name for path in tmp_path.iterdir()] == ["exports"]


def test_nobody_is_told_to_delete_the_exports_of_another_shop(tmp_path: Path) -> None:
    (tmp_path / "exports" / "orders").mkdir(parents=True)
    (tmp_path / "shop.toml").touch()
    fault = _fault(str(tmp_path), *SMALL)
    assert "not a simulated one" in str(fault)
    assert fault.next_step == "name another folder"


@pytest.mark.parametrize("place", ["file", "file/below", "/proc/mandje", "x" * 300])
def test_a_folder_that_cannot_be_made_is_named_with_the_reason(
    place: str, tmp_path: Path, nothing_made: list[Path]
) -> None:
    (tmp_path / "file").touch()
    fault = _fault(str(tmp_path / place), *SMALL)
    assert fault.message == f"{tmp_path / place} cannot be made"
    assert fault.found
    assert "Errno" not in str(fault)
    assert not nothing_made


def test_ctrl_c_says_how_to_go_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def stop(_folder: Path) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(make_shop, "simulate_shop", stop)
    monkeypatch.setattr(sys, "argv", ["mandje", "simulate", str(tmp_path), *SMALL])
    with pytest.raises(SystemExit) as end:
        main()
    assert end.value.code == 130
    assert capsys.readouterr().err == "mandje: stopped by you; run the same command again to go on\n"


def test_ctrl_c_while_the_program_loads_shows_no_traceback() -> None:
    loading = """
import sys
class Stop:
    def find_spec(self, name, path, target=None):
        if name == "duckdb":
            raise KeyboardInterrupt
sys.meta_path.insert(0, Stop())
import mandje.cli
"""
    done = subprocess.run([sys.executable, "-c", loading], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (130, "")
