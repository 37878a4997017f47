"""`mandje doctor` on packages: those of the lock in a checkout, those that the wheel asks for elsewhere."""

from importlib.metadata import version
from pathlib import Path

import pytest

from mandje.cli import doctor


@pytest.fixture(autouse=True)
def without_a_lock(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(doctor, "LOCK", tmp_path / "requirements.lock")


def asked_for(monkeypatch: pytest.MonkeyPatch, *wanted: str) -> tuple[bool, str]:
    monkeypatch.setattr(doctor, "requires", lambda _: list(wanted))
    _, packages = doctor._machine()
    return packages


def test_what_the_wheel_asks_for_is_there(monkeypatch: pytest.MonkeyPatch) -> None:
    wanted = ("duckdb>=1", "polars", 'no-such-package>=1; extra == "airflow"')
    assert asked_for(monkeypatch, *wanted) == (True, "packages as Mandje needs them (2)")


def test_what_does_not_fit_is_named_with_what_is_there(monkeypatch: pytest.MonkeyPatch) -> None:
    is_well, told = asked_for(monkeypatch, "duckdb>=999", "no-such-package>=1", "polars")
    assert not is_well
    assert f"duckdb>=999 (is: {version('duckdb')}), no-such-package>=1 (is: not there)" in told
    assert "polars" not in told


def test_a_checkout_is_held_to_its_lock(tmp_path: Path) -> None:
    (tmp_path / "requirements.lock").write_text(f"duckdb=={version('duckdb')} \\\nno-such-package==1 \\\n")
    assert list(doctor._machine())[1] == (True, "packages as pinned (2)")
    (tmp_path / "requirements.lock").write_text("duckdb==0.0.1 \\\n")
    assert list(doctor._machine())[1] == (False, "other versions than pinned: ['duckdb']; `make install`")
