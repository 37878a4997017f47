"""A night that waits for deliveries: what the triggerer looks at, and what the task makes of its word."""

import asyncio
import contextlib
import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from mandje.errors import ExitCode

pytestmark = pytest.mark.usefixtures("airflow_home")  # the package imports Airflow
LOOK_SECONDS = 0.02
NIGHT = "2011-12-09"


@pytest.fixture(autouse=True)
def quick(airflow_home: str, monkeypatch: pytest.MonkeyPatch) -> None:
    del airflow_home
    monkeypatch.setattr("mandje.airflow.waiting.LOOK_SECONDS", LOOK_SECONDS)


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    (tmp_path / "shop.toml").write_text("")
    for source in ("orders", "order_lines"):
        (tmp_path / "exports" / source).mkdir(parents=True)
    return tmp_path


def folders(shop: Path, *sources: str) -> list[list[str]]:
    """A daily source, and a weekly one that may deliver on either of two days."""
    days = {"orders": [NIGHT], "order_lines": [NIGHT, "2011-12-08"]}
    return [[str(shop / "exports" / source / day) for day in days[source]] for source in sources]


def trigger(shop: Path, *sources: str, seconds: float = 600) -> Any:
    from mandje.airflow.waiting import DeliveriesTrigger, file_stamp

    until = (datetime.now(UTC) + timedelta(seconds=seconds)).isoformat()
    awaited, settings = folders(shop, *(sources or ("orders", "order_lines"))), str(shop / "shop.toml")
    return DeliveriesTrigger(awaited, settings, file_stamp(settings), until)


def fired(one: Any, meanwhile: Callable[[], Awaitable[None]] | None = None) -> str | None:
    """What the trigger says while something happens beside it; None: nothing so far."""

    async def first_event() -> str:
        async for event in one.run():
            return str(event.payload)
        raise AssertionError("it ended without a word")

    async def both() -> str | None:
        waits = asyncio.create_task(first_event())
        if meanwhile is not None:
            await meanwhile()
            await asyncio.sleep(10 * LOOK_SECONDS)
            if not waits.done():
                waits.cancel()
                with contextlib.suppress(asyncio.CancelledError):
                    await waits
                return None
        return await waits

    return asyncio.run(both())


def put(shop: Path, source: str, name: str = "rows.csv", day: str = NIGHT) -> Path:
    place = shop / "exports" / source / day
    place.mkdir(exist_ok=True)
    (place / name).write_text("order_id\n")
    return place / name


def test_it_fires_when_all_that_is_missing_has_come(shop: Path) -> None:
    async def drop(*sources: tuple[str, str]) -> None:
        for source, day in sources:
            await asyncio.sleep(3 * LOOK_SECONDS)
            put(shop, source, day=day)

    assert fired(trigger(shop), lambda: drop(("orders", NIGHT))) is None
    assert fired(trigger(shop), lambda: drop(("order_lines", "2011-12-08"))) == "the deliveries have come"
    assert fired(trigger(shop, "orders")) == "the deliveries have come"


def test_what_is_hidden_still_written_or_an_empty_folder_has_not_come(shop: Path) -> None:
    async def nothing_whole() -> None:
        (shop / "exports" / "orders" / NIGHT).mkdir()
        put(shop, "orders", ".rows.csv")
        put(shop, "orders", "rows.csv.tmp")

    assert fired(trigger(shop, "orders"), nothing_whole) is None


def test_a_file_that_grows_is_waited_for(shop: Path) -> None:
    async def grow() -> None:
        for length in range(1, 40):
            put(shop, "orders").write_text("x" * length)
            await asyncio.sleep(LOOK_SECONDS / 4)
        assert not seen

    one, seen = trigger(shop, "orders"), []
    run = one._reason

    async def told() -> str:
        seen.append(await run())
        return str(seen[-1])

    one._reason = told
    assert fired(one, grow) == "the deliveries have come"


def test_a_changed_shop_toml_is_looked_at_when_it_is_written(shop: Path) -> None:
    settings = shop / "shop.toml"

    async def change() -> None:
        await asyncio.sleep(3 * LOOK_SECONDS)
        settings.unlink()  # an editor that writes anew
        await asyncio.sleep(3 * LOOK_SECONDS)
        settings.write_text('on_missing = "go_on"')

    assert fired(trigger(shop), change) == "shop.toml was changed"
    before = trigger(shop)
    settings.write_text('on_missing = "stop"')  # while no triggerer looked
    assert fired(before) == "shop.toml was changed"


def test_it_fires_at_its_moment_whatever_has_come(shop: Path) -> None:
    assert fired(trigger(shop, seconds=0.1)) == "it is time to look again"
    assert fired(trigger(shop, seconds=-1)) == "it is time to look again"


def test_a_triggerer_that_starts_anew_makes_the_same_trigger(shop: Path) -> None:
    from airflow._shared.module_loading import import_string
    from airflow.sdk.serde import deserialize, serialize

    name, kept = trigger(shop).serialize()
    again = import_string(name)(**deserialize(json.loads(json.dumps(serialize(kept)))))
    assert again.serialize() == (name, kept)


LINE = "night 2011-12-09 waits: no delivery of orders (daily, until 2011-12-10 07:00)"


class Night:
    """Stages that only tell that they ran; `discover` lacks deliveries until `come` says otherwise."""

    def __init__(self, shop: Path) -> None:
        self.ran: list[str] = []
        self.lacks: list[dict[str, Any]] = []
        self.shop = shop

    def awaited(self, *, hours: float) -> None:
        """The next look finds that orders are missing, and waits so long for them."""
        until = (datetime.now(UTC) + timedelta(hours=hours)).isoformat()
        fault = {"line": LINE, "exit_code": ExitCode.WAITING, "is_to_mend": True}
        self.lacks.append(fault | {"awaited": {"folders": folders(self.shop, "orders"), "until": until}})

    def over(self) -> None:
        """The next look finds that the deadline is over."""
        line = LINE.replace("waits", "waits no longer")
        self.lacks.append({"line": line, "exit_code": ExitCode.WAITING, "is_to_mend": True})

    def command(self, words: Sequence[str], environment: Mapping[str, str]) -> Any:
        del environment
        stage = words[6]
        result = {"as_of_date": NIGHT, "content_hash": "ab12"}
        answer = {"stage": stage, "run_date": NIGHT, "result": result, "warnings": []}
        if self.lacks and stage == "discover":
            answer["fault"] = self.lacks.pop(0)
        self.ran.append(stage)
        return type("Command", (), {"answer": lambda *_: answer})()


@pytest.fixture
def night(shop: Path, monkeypatch: pytest.MonkeyPatch) -> Night:
    night = Night(shop)
    monkeypatch.setattr("mandje.airflow.operator.StageCommand", night.command)
    monkeypatch.setattr(
        "mandje.airflow.operator._BY_HAND", "none"
    )  # what `dag.test` starts counts as by hand
    return night


def logged(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [one.getMessage() for one in caplog.records if one.name == "mandje.nightly"]


def test_the_night_goes_on_when_the_delivery_has_come(
    nightly: Any, night: Night, caplog: pytest.LogCaptureFixture
) -> None:
    night.awaited(hours=4)
    night.awaited(hours=4)  # what the trigger took for a delivery was none: wait on
    put(night.shop, "orders")
    run = nightly.partial_subset("discover").test(run_conf={"run_date": NIGHT})
    assert run.state == "success"
    assert night.ran == ["discover"] * 3
    assert [task.try_number for task in run.get_task_instances()] == [1], "waiting is no try"
    assert [line for line in logged(caplog) if "waits" in line or "come" in line] == [
        LINE,
        "the deliveries have come",
    ] * 2


def test_a_deadline_that_passes_fails_the_night_with_since_when_it_waited(
    nightly: Any, night: Night, caplog: pytest.LogCaptureFixture
) -> None:
    night.awaited(hours=0)
    night.over()
    run = nightly.partial_subset("discover").test(run_conf={"run_date": NIGHT})
    assert run.state == "failed"
    assert night.ran == ["discover"] * 2
    assert [task.state for task in run.get_task_instances()] == ["failed"]
    said = logged(caplog)
    today = datetime.now(ZoneInfo("Europe/Amsterdam"))
    line = "night 2011-12-09 waits no longer: no delivery of orders (daily, until 2011-12-10 07:00)"
    assert f"what:     {line}" in said
    assert any(one.startswith(f"waited:   since {today:%Y-%m-}") for one in said)


def test_a_night_of_an_older_day_fails_at_once(nightly: Any, night: Night) -> None:
    night.over()
    assert nightly.partial_subset("discover").test(run_conf={"run_date": NIGHT}).state == "failed"
    assert night.ran == ["discover"]


def test_a_night_that_was_started_by_hand_does_not_wait(
    nightly: Any, night: Night, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("mandje.airflow.operator._BY_HAND", "manual")
    night.awaited(hours=4)
    assert nightly.partial_subset("discover").test(run_conf={"run_date": NIGHT}).state == "failed"
    assert "waited:   not at all: a night that was started by hand does not" in logged(caplog)


def test_a_triggerer_that_does_not_answer_is_no_reason_to_fail(
    nightly: Any, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    from airflow.sdk.exceptions import TaskDeferralError

    task = nightly.get_task("discover")
    seen: list[Any] = []
    monkeypatch.setattr(task, "_run", seen.append)
    task.resume_execution("__fail__", {"error": "Trigger timeout"}, {"a": "context"})
    assert seen == [{"a": "context"}]
    assert "does it run, as `airflow triggerer`?" in logged(caplog)[-1]
    with pytest.raises(TaskDeferralError, match="Trigger failure"):
        task.resume_execution("__fail__", {"error": "Trigger failure"}, {})
