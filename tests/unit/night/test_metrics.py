"""`published/metrics.prom`: what Prometheus reads of it, in its own format."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from mandje.errors import ExitCode, MandjeError
from mandje.night.metrics import METRICS, metrics_text, write_metrics
from mandje.night.page_follows import page_follows
from mandje.observe.records.nights import begin_night, end_nights, note_stop, write_record
from mandje.shop.settings import Shop
from repository import ROOT
from tiny_shop import FIRST_DAY, small_shop

# As Prometheus' text format has it, which knows three escapes in a label's value.
SAMPLE = re.compile(r'([a-z_]+)\{((?:[a-z_]+="(?:[^"\\\n]|\\\\|\\"|\\n)*",?)+)\} (-?[0-9.e+]+)')


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    return small_shop(tmp_path).shop


def read(text: str) -> dict[str, float]:
    """Value by metric and labels; each metric has its help and type before its first sample."""
    values, known = {}, set()
    assert text.endswith("\n")
    for line in text.splitlines():
        if line.startswith("#"):
            _, kind, name, said = line.split(" ", 3)
            assert said if kind == "HELP" else said == "gauge"
            known.add(f"{kind} {name}")
            continue
        match = SAMPLE.fullmatch(line)
        assert match, line
        assert {f"HELP {match[1]}", f"TYPE {match[1]}"} <= known
        labels = match[2].replace('shop="tiny"', "").strip(",")
        values[f"{match[1]}{f'{{{labels}}}' if labels else ''}"] = float(match[3])
    return values


def written(shop: Shop) -> dict[str, float]:
    return read(write_metrics(shop).read_text(encoding="utf-8"))


def test_a_fresh_shop_has_what_can_be_said(shop: Shop) -> None:
    told = written(shop)
    assert told == {"mandje_night_success": 1, "mandje_night_exit_code": 0, "mandje_refused_deliveries": 0}


def test_a_night_in_numbers(shop: Shop) -> None:
    sources = [{"read_rows": 40, "rejected_rows": 2}, {"read_rows": 2, "rejected_rows": 0}]
    results = {
        "validate": {"sources": sources},
        "build": {"findings": []},
        "gate": {"reasons": ["a", "b"], "told": ["carts: 2 are old", "visits: 3 are"]},
    }
    begin_night(shop, FIRST_DAY)
    for stage, result in results.items():
        write_record(shop, FIRST_DAY, stage, {"stage": stage, "seconds": 2.5, "result": result})
    note_stop(shop, FIRST_DAY, "gate", "closed", ExitCode.GATE_CLOSED)
    told = written(shop)
    end = datetime.combine(FIRST_DAY + timedelta(days=1), datetime.min.time(), ZoneInfo("Europe/Amsterdam"))
    assert told["mandje_night_as_of_timestamp_seconds"] == end.timestamp()
    assert told["mandje_night_success"] == 0
    assert told["mandje_night_exit_code"] == ExitCode.GATE_CLOSED
    assert told['mandje_night_stage_seconds{stage="gate"}'] == 2.5
    assert told['mandje_night_rows{outcome="read"}'] == 42
    assert told['mandje_night_rows{outcome="rejected"}'] == 2
    assert told['mandje_night_warnings{age="new"}'] == 2
    assert told["mandje_night_gate_reasons"] == 2
    end_nights(shop, FIRST_DAY)
    assert written(shop)["mandje_night_success"] == 1


def test_the_age_of_the_snapshot(shop: Shop) -> None:
    (shop.published / f"{FIRST_DAY}-0123456789ab").mkdir(parents=True)
    (shop.published / "current").symlink_to(f"{FIRST_DAY}-0123456789ab")
    shown = datetime.fromtimestamp(
        written(shop)["mandje_snapshot_as_of_timestamp_seconds"], ZoneInfo("Europe/Amsterdam")
    )
    assert shown.isoformat() == f"{FIRST_DAY + timedelta(days=1)}T00:00:00+01:00"


@pytest.mark.parametrize("fault", [MandjeError("refused"), ZeroDivisionError("unforeseen")])
def test_they_follow_a_night_that_stops(shop: Shop, fault: Exception) -> None:
    begin_night(shop, FIRST_DAY)
    with pytest.raises(type(fault)), page_follows(shop, is_end=False):
        raise fault
    text = (shop.published / "metrics.prom").read_text(encoding="utf-8")
    assert read(text)["mandje_night_success"] == 0
    assert (shop.published / "metrics.prom").stat().st_mode & 0o777 == 0o600


def test_a_label_may_hold_anything() -> None:
    text = metrics_text("tiny", [("mandje_night_stage_seconds", {"stage": 'a"b\\c\nd'}, 0.1)])
    assert list(read(text).values()) == [0.1]
    assert r'stage="a\"b\\c\nd"' in text


def test_all_metrics_are_listed_on_the_page() -> None:
    page = (ROOT / "docs" / "how-to" / "be-told.md").read_text(encoding="utf-8")
    assert set(re.findall(r"^\| `(mandje_\w+)", page, re.MULTILINE)) == set(METRICS)
