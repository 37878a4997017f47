"""Who is told of a night in Airflow: real mail and a real webhook, one notice a cause, whatever fails."""

import asyncio
import json
import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from mandje.errors import ExitCode
from mandje.night.stages import STAGES
from receivers import MailServer, Webhook, mail_server, webhook
from tiny_shop import SHOP_TOML

Record = dict[str, Any]
NIGHT = "2011-12-09"
NOTIFY = """
[notify]
mail_to = ["ann@example.org"]
webhook = "shops_webhook"
late_after_hours = 8
"""
FAULT = {
    "line": "all of it",
    "message": "delivery orders 2011-12-09 is refused",
    "file": "exports/orders",
    "found": "ann@example.org",
    "next_step": "mend it; `mandje rejects SHOP`",
    "exit_code": int(ExitCode.NIGHT_STOPPED),
    "is_to_mend": True,
}


def well(stage: str) -> Record:
    result = {
        "as_of_date": NIGHT,
        "content_hash": "ab12",
        "folder": "ab12",
        "current": "ab12",
        "taken_in": {},
    }
    night = {"night": {"mended": ["2011-12-08"], "new_warnings": [["orders_tie", 3]]}}
    return {"run_date": NIGHT, "result": result, "warnings": []} | (night if stage == "publish" else {})


@pytest.fixture
def box() -> Iterator[MailServer]:
    with mail_server() as box:
        yield box


@pytest.fixture
def hook() -> Iterator[Webhook]:
    with webhook() as hook:
        yield hook


@pytest.fixture(autouse=True)
def connections(airflow_home: str, box: MailServer, hook: Webhook, monkeypatch: pytest.MonkeyPatch) -> None:
    del airflow_home
    extra = {"disable_ssl": True, "disable_tls": True, "from_email": "airflow@example.org"}
    mail = {"conn_type": "smtp", "host": "127.0.0.1", "port": box.port, "extra": extra}
    monkeypatch.setenv("AIRFLOW_CONN_SMTP_DEFAULT", json.dumps(mail))
    address = json.dumps({"conn_type": "http", "password": hook.address})
    monkeypatch.setenv("AIRFLOW_CONN_SHOPS_WEBHOOK", address)
    monkeypatch.setattr("mandje.notify.tries.time.sleep", lambda _: None)


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("MANDJE_SHOP", str(tmp_path))  # Airflow's own test of a DAG reads the DAG folder
    (tmp_path / "published").mkdir()
    (tmp_path / "published" / "current.json").write_text('{"as_of_date": "2011-12-08"}')
    (tmp_path / "shop.toml").write_text(SHOP_TOML + NOTIFY, encoding="utf-8")
    return tmp_path


@pytest.fixture
def answers(monkeypatch: pytest.MonkeyPatch) -> dict[str, list[Record]]:
    """What a stage says, in turn; `well` where nothing is told, a word of no `mandje` where it is empty."""
    answers: dict[str, list[Record]] = {}

    class Command:
        def __init__(self, words: Sequence[str], environment: Mapping[str, str]) -> None:
            del environment
            self.stage = words[words.index("stage") + 2]

        def answer(self, say: Callable[[str], None]) -> Record:
            del say
            told = answers[self.stage].pop(0) if answers.get(self.stage) else well(self.stage)
            if not told:
                raise RuntimeError("ended with exit code -9; it said last: ann@example.org")
            return told

    monkeypatch.setattr("mandje.airflow.operator.StageCommand", Command)
    return answers


def run(shop: Path, **changes: Any) -> Any:
    from mandje.airflow import nightly

    retry = {"retries": 2, "retry_delay": timedelta(0), "retry_exponential_backoff": 0}
    changes["default_args"] = retry | changes.get("default_args", {})
    # Without its deadline: Airflow's own test of a DAG cannot end a run that has one.
    return nightly(shop, deadline=None, **changes).test(run_conf={"run_date": NIGHT})


def failed(**changes: Any) -> Record:
    return {"run_date": NIGHT, "fault": FAULT | changes}


def test_a_fault_is_told_once_by_mail_and_webhook_however_many_tasks_follow(
    shop: Path, answers: dict[str, list[Record]], box: MailServer, hook: Webhook
) -> None:
    answers["validate"] = [failed()]
    assert run(shop).state == "failed"
    (mail,) = box.mails
    assert (mail["To"], mail["From"]) == ("ann@example.org", "airflow@example.org")
    assert mail["Subject"] == "[mandje] tiny: night 2011-12-09 stopped in validate"
    for text in (box.text(), hook.notices[0]["text"]):
        assert "delivery orders 2011-12-09 is refused" in text
        assert f"`mandje rejects {shop}`" in text
        assert "clear the task discover with all that follows it" in text
        assert "see the snapshot of 2011-12-08" in text
        assert "/dags/mandje_tiny/runs/" in text
        assert "ann@example.org" not in text
    assert len(hook.notices) == 1


def test_what_is_tried_again_and_then_goes_well_is_told_as_what_it_became(
    shop: Path, answers: dict[str, list[Record]], box: MailServer
) -> None:
    answers["load"] = [failed(is_to_mend=False), {}]
    assert run(shop).state == "success"
    (mail,) = box.mails
    assert mail["Subject"] == "[mandje] tiny: night 2011-12-09 is published, mended: 1 new warning"
    assert "orders_tie (3)" in box.text()


def test_what_fails_at_every_try_is_told_once_and_its_last_words_stay_in_the_log(
    shop: Path, answers: dict[str, list[Record]], box: MailServer
) -> None:
    answers["load"] = [{}, {}, {}]
    assert run(shop).state == "failed"
    (mail,) = box.mails
    assert mail["Subject"] == "[mandje] tiny: night 2011-12-09 stopped in load"
    assert "it ended without a word" in box.text()
    assert "ann@example.org" not in box.text()


def test_a_night_without_news_tells_nobody(
    shop: Path, answers: dict[str, list[Record]], box: MailServer, hook: Webhook
) -> None:
    answers["publish"] = [well("gate") | {"night": {"mended": [], "new_warnings": []}}]
    assert run(shop).state == "success"
    assert (box.mails, hook.notices) == ([], [])


def test_a_notice_that_cannot_be_sent_is_one_line_and_stops_nothing(
    shop: Path,
    answers: dict[str, list[Record]],
    hook: Webhook,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.delenv("AIRFLOW_CONN_SMTP_DEFAULT")
    hook.answers = [404]
    del answers
    assert run(shop).state == "success"
    said = [one.getMessage() for one in caplog.records if one.name == "mandje.notices"]
    assert [one.partition(": ")[0] for one in said] == [
        "the notice could not be sent by mail",
        "the notice could not be sent by webhook",
    ]
    assert "connection smtp_default" in said[0]
    assert "set AIRFLOW_CONN_SMTP_DEFAULT" in said[0]
    assert "SECRET" not in caplog.text


def test_nobody_is_told_unless_shop_toml_says_so(
    shop: Path, answers: dict[str, list[Record]], box: MailServer, caplog: pytest.LogCaptureFixture
) -> None:
    (shop / "shop.toml").write_text(SHOP_TOML, encoding="utf-8")
    answers["gate"] = [failed()]
    with caplog.at_level(logging.INFO):
        assert run(shop).state == "failed"
    assert (box.mails, [one for one in caplog.records if one.name == "mandje.notices"]) == ([], [])


def test_a_team_s_own_notifiers_get_the_notice_and_other_callbacks_stay(
    shop: Path, answers: dict[str, list[Record]], box: MailServer
) -> None:
    from airflow.providers.smtp.notifications.smtp import SmtpNotifier

    told: list[Any] = []
    own = SmtpNotifier("crew@example.org", "x@example.org", "{{ notice.subject }}", "{{ notice.text }}")
    answers["gate"] = [failed(exit_code=int(ExitCode.GATE_CLOSED), reasons=["orders_tie"])]
    run(
        shop,
        notify=[own, lambda context: told.append(context["notice"].title)],
        default_args={"on_failure_callback": lambda context: told.append(context["ti"].task_id)},
    )
    assert told == ["night 2011-12-09 is held at the gate", "gate"]
    (mail,) = box.mails
    assert (mail["To"], mail["Subject"]) == (
        "crew@example.org",
        "[mandje] tiny: night 2011-12-09 is held at the gate",
    )
    assert "orders_tie" in box.text()


def late_run(**changes: Any) -> Record:
    begin = {"data_interval_end": "2011-12-10T02:00:00Z", "logical_date": "2011-12-09T02:00:00Z"}
    run = {"dag_id": "mandje_tiny", "dag_run_id": "scheduled__2011-12-09T02:00:00+00:00", "state": "running"}
    return begin | run | {"run_type": "scheduled", "run_after": "2011-12-10T02:00:00Z"} | changes


def tell_late(shop: Path, **changes: Any) -> None:
    from mandje.airflow.notices import tell_late

    asyncio.run(tell_late(folder=str(shop), hours=8, context={"dag_run": late_run(**changes)}))


def test_a_scheduled_night_that_does_not_end_is_told(
    shop: Path, box: MailServer, hook: Webhook, monkeypatch: pytest.MonkeyPatch
) -> None:
    from airflow.sdk import BaseHook, Connection

    async def given(name: str) -> Any:
        return BaseHook.get_connection(name)

    monkeypatch.setattr(Connection, "async_get", given)  # the triggerer's own way needs a triggerer
    tell_late(shop)
    (mail,) = box.mails
    assert mail["Subject"] == "[mandje] tiny: night 2011-12-09 has not ended 8 h after its time"
    assert "/dags/mandje_tiny/runs/scheduled__2011-12-09T02%3A00%3A00%2B00%3A00" in box.text()
    assert len(hook.notices) == 1
    tell_late(shop, state="queued")
    assert "has not begun 8 h" in box.mails[1]["Subject"]


@pytest.mark.parametrize("changes", [{"state": "failed"}, {"state": "success"}, {"run_type": "backfill"}])
def test_a_night_that_told_of_itself_or_was_started_by_hand_is_not_late(
    shop: Path, box: MailServer, changes: Record
) -> None:
    tell_late(shop, **changes)
    assert box.mails == []


def test_the_dag_has_a_deadline_where_somebody_is_told(shop: Path) -> None:
    from mandje.airflow import nightly

    (alert,) = nightly(shop).deadline
    # Counted from when the run was queued, Airflow 3.3 could not clear a task any more.
    assert type(alert.reference).__name__ == "DagRunLogicalDateDeadline"
    assert alert.interval == timedelta(days=1, hours=8)
    assert alert.callback.path == "mandje.airflow.notices.tell_late"
    assert alert.callback.kwargs == {"folder": str(shop), "hours": 8}
    assert not nightly(shop, notify=[]).deadline
    (shop / "shop.toml").write_text(SHOP_TOML, encoding="utf-8")
    assert not nightly(shop).deadline


def test_every_stage_tells_of_its_failure_and_only_the_last_of_the_night(shop: Path) -> None:
    from mandje.airflow import nightly

    dag = nightly(shop)
    assert {task.task_id: len(task.on_failure_callback) for task in dag.tasks} == dict.fromkeys(STAGES, 1)
    assert [task.task_id for task in dag.tasks if task.on_success_callback] == ["publish"]
