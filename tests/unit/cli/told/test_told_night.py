"""`mandje night --notify`: who is told, once per cause, and that nothing of it changes how a night ends."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from command_line import Said, mandje
from mandje.errors import WAITS_NO_LONGER, BusyError, ExitCode, MandjeError, WaitingError
from mandje.observe.records.nights import write_record
from mandje.shop.settings import load_shop
from receivers import MailServer, mail_server
from tiny_shop import FIRST_DAY, SHOP_TOML, line, order, small_shop

DAY = FIRST_DAY + timedelta(days=1)
NOTIFY = '[schedule]\nis_on = false\n[notify]\nmail_to = ["ann@example.org"]\n'


@pytest.fixture(autouse=True)
def box(monkeypatch: pytest.MonkeyPatch) -> Iterator[MailServer]:
    with mail_server() as box:
        monkeypatch.setenv("MANDJE_SMTP_HOST", "127.0.0.1")
        monkeypatch.setenv("MANDJE_SMTP_PORT", str(box.port))
        monkeypatch.setenv("MANDJE_SMTP_SECURITY", "none")
        monkeypatch.setattr("mandje.notify.tries.time.sleep", lambda _: None)
        yield box


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    moment = datetime(DAY.year, DAY.month, DAY.day, 12, tzinfo=UTC)
    small = small_shop(tmp_path / "my shop", SHOP_TOML + NOTIFY)
    return small.deliver("orders", DAY, [order("o1", moment, [line("o1", 1, "p1", 1, "5.00")])]).shop.folder


@pytest.fixture
def faults(monkeypatch: pytest.MonkeyPatch) -> dict[str, Exception]:
    """What stages raise; others only note a finding."""
    faults: dict[str, Exception] = {}
    finding = {"check": "orders_tie", "origin": "dbt test", "severity": "warn", "sentence": "3 orders."}
    found = finding | {"count": 3, "keys": ['{"order_id": "ann@example.org"}'], "note": ""}

    def run(folder: Path, run_date: date, stage: str, progress: object) -> dict[str, Any]:
        del progress
        if stage in faults:
            raise faults[stage]
        record = {"stage": stage, "seconds": 0, "result": {"findings": [found] if stage == "build" else []}}
        write_record(load_shop(folder), run_date, stage, record)
        return record

    monkeypatch.setattr("mandje.cli.run.run_stage", run)
    monkeypatch.setattr("mandje.cli.run._close", lambda *_: None)
    return faults


def night(folder: Path) -> Said:
    return mandje("night", folder, "--date", DAY, "--notify")


def subjects(box: MailServer) -> list[str]:
    return [str(mail["Subject"]).removeprefix("[mandje] tiny: ") for mail in box.mails]


def refused() -> MandjeError:
    return MandjeError(
        "delivery orders is refused",
        file="orders.csv",
        line=3,
        found="ann@example.org",
        next_step="`mandje rejects SHOP`",
        exit_code=ExitCode.NIGHT_STOPPED,
    )


def test_a_cause_is_told_once_and_once_more_when_it_is_mended(
    folder: Path, faults: dict[str, Exception], box: MailServer
) -> None:
    faults["validate"] = refused()
    for _ in range(3):
        assert night(folder).exit_code == ExitCode.NIGHT_STOPPED
    assert subjects(box) == [f"night {DAY} stopped in validate"]
    assert f"run it again: `mandje night '{folder}' --date {DAY}`" in box.text()
    assert "file:     orders.csv, line 3" in box.text()
    faults["validate"] = MandjeError("another cause")
    night(folder)
    faults.clear()
    for _ in range(2):
        assert night(folder).exit_code == 0
    assert subjects(box)[1:] == [
        f"night {DAY} stopped in validate",
        f"night {DAY} is published, mended: 1 new warning",
    ]
    assert "ann@example.org" not in "".join(str(mail.get_content()) for mail in box.mails)
    assert "warnings: orders_tie (3)" in box.mails[-1].get_content()


def test_a_delivery_that_may_still_come_and_another_night_at_work_are_no_news(
    folder: Path, faults: dict[str, Exception], box: MailServer
) -> None:
    faults["discover"] = BusyError("another night is working", exit_code=ExitCode.NIGHT_STOPPED)
    night(folder)
    faults["discover"] = WaitingError("no delivery of orders", folders=[], until=datetime.now(UTC))
    assert night(folder).exit_code == ExitCode.WAITING
    assert box.mails == []
    faults["discover"] = MandjeError("no delivery of orders", found="no file", exit_code=ExitCode.WAITING)
    assert night(folder).exit_code == ExitCode.WAITING
    assert subjects(box) == [f"night {DAY} stopped for lack of a delivery"]
    assert "found:    no file" in box.text()


def test_settings_that_are_wrong_are_told_too(folder: Path, box: MailServer) -> None:
    with (folder / "shop.toml").open("a") as file:
        file.write("[carts]\nend_days = 0\n")
    assert night(folder).exit_code == ExitCode.USER_ERROR
    assert str(box.mails[0]["Subject"]) == "[mandje] my shop: night (unknown) did not begin"
    assert "carts.end_days" in box.text()


def test_a_fault_that_is_not_known_quotes_nothing(
    folder: Path, faults: dict[str, Exception], box: MailServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mandje.cli.main", lambda: None)
    faults["build"] = OSError("could not convert ann@example.org")
    night(folder)
    assert "a fault that is not known: OSError" in box.text()
    assert "ann@" not in box.text()


def test_what_cannot_be_sent_is_one_line_and_the_night_ends_as_it_does(
    folder: Path, faults: dict[str, Exception], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("MANDJE_SMTP_HOST")
    said = night(folder)
    assert said.exit_code == 0
    assert "set MANDJE_SMTP_HOST where `mandje night` runs" in said.stderr
    faults["load"] = refused()
    said = night(folder)
    assert said.exit_code == ExitCode.NIGHT_STOPPED
    assert len(said.stderr.splitlines()) == 2
    monkeypatch.setattr("mandje.cli.told.night.read_recipients", lambda _: 1 / 0)
    faults["load"] = MandjeError("something else", exit_code=ExitCode.NIGHT_STOPPED)
    assert "ZeroDivisionError" in night(folder).stderr


def test_what_did_not_go_out_is_sent_by_the_next_try(
    folder: Path, faults: dict[str, Exception], box: MailServer
) -> None:
    faults["load"], box.refused = refused(), {"ann@example.org"}
    assert "refuses sender or recipients" in night(folder).stderr
    box.refused = set()
    night(folder)
    assert subjects(box) == [f"night {DAY} stopped in load"]


def test_without_notify_nobody_is_told(folder: Path, faults: dict[str, Exception], box: MailServer) -> None:
    faults["load"] = refused()
    assert mandje("night", folder, "--date", DAY).exit_code == ExitCode.NIGHT_STOPPED
    assert box.mails == []
    (folder / "shop.toml").write_text(SHOP_TOML + "[schedule]\nis_on = false\n")
    assert "nobody is told: [notify] in shop.toml names neither" in night(folder).stderr


def test_the_last_stage_tells_a_scheduler_what_is_told_of_the_night(
    folder: Path, faults: dict[str, Exception], monkeypatch: pytest.MonkeyPatch
) -> None:
    from mandje.observe.records.nights import note_stop

    del faults
    for end in ("end_with_parent", "end_quietly"):
        monkeypatch.setattr(f"mandje.cli.run.{end}", lambda: None)
    monkeypatch.setattr("mandje.cli.run.run_stage", lambda *_: {"result": {}})
    shop = load_shop(folder)
    note_stop(shop, FIRST_DAY, "gate", "closed", ExitCode.GATE_CLOSED)
    late = FIRST_DAY - timedelta(days=1)
    note_stop(shop, late, "discover", f"night {late} {WAITS_NO_LONGER}: no delivery", ExitCode.WAITING)
    note_stop(shop, DAY, "discover", "waits", ExitCode.WAITING)
    note_stop(shop, DAY + timedelta(days=1), "gate", "closed", ExitCode.GATE_CLOSED)
    write_record(shop, DAY, "gate", {"result": {"told": ["carts: 2 carts are old"]}})
    told = [json.loads(mandje("stage", folder, name, "--date", DAY).stdout) for name in ("gate", "publish")]
    assert "night" not in told[0]
    assert told[1]["night"] == {"mended": [str(FIRST_DAY), str(late)], "new_warnings": [["carts", None]]}


def test_a_closed_gate_tells_its_reasons_without_values(folder: Path) -> None:
    from mandje.cli.told.fault import told_fault

    hold = {"figure": "orders_share_customer", "sentence": "customer c7 has 30 %"}
    reasons = ["orders_share_customer: customer c7 has 30 %; mend it", "refused; found: c7; next step: look"]
    result = {"reasons": reasons, "holds": [hold]}
    write_record(load_shop(folder), DAY, "gate", {"result": result})
    fault = MandjeError("the gate is closed", found="c7", exit_code=ExitCode.GATE_CLOSED)
    told = told_fault(fault, folder, "gate", str(DAY))
    assert list(told["reasons"]) == ["orders_share_customer", "refused; next step: look"]
