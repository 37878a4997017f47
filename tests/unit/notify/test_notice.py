"""What notices say: each kind in full, once, for people, and nothing that may not leave the machine."""

import json
from pathlib import Path
from typing import Any

import pytest

from mandje.errors import ExitCode
from mandje.notify.notice import Notice, Place, fault_lines, late, published, stopped

HERE = Path("/srv/shops/my shop")
AGAIN = "run it again: `mandje night SHOP --date 2026-11-29`"
FAULT = {
    "line": "all of it",
    "message": "the header is another one",
    "file": "exports/orders/2026-11-29/orders.csv, line 1",
    "found": "ann@example.org",
    "expected": "order_id, ordered_at",
    "next_step": "mend the file; `mandje check SHOP FILE` tries it",
    "exit_code": ExitCode.NIGHT_STOPPED,
    "reasons": [],
}


def place(link: str | None = None, folder: Path = HERE) -> Place:
    return Place("my_shop", folder, link)


def told(stage: str | None = "validate", **changes: Any) -> Notice:
    return stopped(place("http://host/run"), "2026-11-29", stage, FAULT | changes, AGAIN)


def test_a_stopped_night_tells_what_where_expected_next_and_which_snapshot_stands(tmp_path: Path) -> None:
    folder = tmp_path / "my shop"
    (folder / "published").mkdir(parents=True)
    (folder / "published" / "current.json").write_text(json.dumps({"as_of_date": "2026-11-28"}))
    notice = stopped(place("http://host/run", folder), "2026-11-29", "validate", FAULT, AGAIN)
    assert notice.subject == "[mandje] my_shop: night 2026-11-29 stopped in validate"
    assert (
        notice.text
        == f"""my_shop: night 2026-11-29 stopped in validate

what:     the header is another one
file:     exports/orders/2026-11-29/orders.csv, line 1
expected: order_id, ordered_at
next:     mend the file; `mandje check '{folder}' FILE` tries it
then:     run it again: `mandje night '{folder}' --date 2026-11-29`
readers:  see the snapshot of 2026-11-28
log:      http://host/run
"""
    )


@pytest.mark.parametrize(("stage", "count"), [(None, 1), ("discover", 1), ("validate", 0), ("gate", 0)])
def test_what_was_found_in_a_delivery_stays_in_the_log(stage: str | None, count: int) -> None:
    assert told(stage).text.count("ann@example.org") == count


@pytest.mark.parametrize(
    ("stage", "code", "title"),
    [
        ("gate", ExitCode.GATE_CLOSED, "night 2026-11-29 is held at the gate"),
        ("discover", ExitCode.WAITING, "night 2026-11-29 stopped for lack of a delivery"),
        ("build", ExitCode.USER_ERROR, "night 2026-11-29 stopped in build"),
        (None, ExitCode.USER_ERROR, "night 2026-11-29 did not begin"),
    ],
)
def test_each_kind_has_its_words(stage: str | None, code: int, title: str) -> None:
    assert told(stage, exit_code=code).title == title


def test_a_held_gate_tells_its_reasons_before_what_to_do_and_not_too_many() -> None:
    notice = told("gate", exit_code=ExitCode.GATE_CLOSED, reasons=[f"reason {n}" for n in range(30)])
    names = [what for what, _ in notice.facts]
    assert names == ["what", "file", "expected", *["reason"] * 10, "next", "then", "readers", "log"]


def test_a_stage_that_was_killed_is_told_without_its_words() -> None:
    notice = stopped(place(), None, "build", None, "clear the task build")
    assert notice.title == "night (unknown) stopped in build"
    assert "it ended without a word" in notice.text
    assert "`mandje doctor '/srv/shops/my shop'`" in notice.text
    assert notice.text.endswith("readers:  see nothing yet: no snapshot stands\n")


def test_a_late_night_says_whether_it_has_begun() -> None:
    assert late(place(), "2026-11-29", has_begun=False, hours=6).title == (
        "night 2026-11-29 has not begun 6 h after its time"
    )
    assert "has not ended 6 h" in late(place(), "2026-11-29", has_begun=True, hours=6).title


def test_a_published_night_is_told_only_where_there_is_news() -> None:
    assert published(place(), "2026-11-29", [], []) is None
    warned = published(place(), "2026-11-29", [], [("orders_tie", 1234), ("drift", None)])
    assert warned is not None
    assert warned.title == "night 2026-11-29 is published: 2 new warnings"
    assert "warnings: orders_tie (1,234), drift" in warned.text
    mended = published(place(), "2026-11-29", ["2026-11-28"], [])
    assert mended is not None
    assert mended.title == "night 2026-11-29 is published, mended"
    assert "stopped before: 2026-11-28" in mended.text


HOSTILE = "x\r\nBcc: thief@example.org\n\n<!channel> <b>\x1b[31m\u202e\u2028" + "y" * 5000


def test_hostile_text_stays_text_on_one_line() -> None:
    notice = told(message=HOSTILE, file=HOSTILE)
    hostile = place().notice(HOSTILE, [("what", HOSTILE)])
    for one in (hostile.subject, *(said for _, said in notice.facts), *hostile.text.splitlines()):
        assert one.isprintable()
        assert len(one) <= 620
    assert [line for line in notice.text.splitlines() if line.startswith("Bcc")] == []
    assert "<b>" not in hostile.page
    assert "<" not in hostile.payload["text"]
    assert "&lt;!channel&gt;" in hostile.payload["text"]


def test_a_command_with_a_folder_is_one_word_of_a_shell() -> None:
    assert place(folder=Path(r"/srv/\1 shop")).command("`mandje status SHOP`, SHOPS") == (
        r"`mandje status '/srv/\1 shop'`, SHOPS"
    )


def test_the_lines_of_a_log_tell_all_that_is_known() -> None:
    assert [what for what, _ in fault_lines(FAULT)] == ["what", "file", "found", "expected", "next"]
    assert list(fault_lines({"line": "a word of an older mandje"})) == [("what", "a word of an older mandje")]


def test_an_older_mandje_s_one_line_stays_in_the_log(tmp_path: Path) -> None:
    old = {
        "line": "refused; file: x.csv; found: ann@example.org",
        "exit_code": 5,
        "is_to_mend": True,
    }
    told = stopped(Place("tiny", tmp_path), "2011-12-09", "load", old, "clear it")
    assert "ann@" not in told.text
    assert "read the log of the task" in told.text
