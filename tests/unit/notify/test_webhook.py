"""A notice to a real HTTP server, and what is said where it does not take it; the address stays secret."""

import pytest

from mandje.notify.delivery import send_everywhere
from mandje.notify.notice import Notice
from mandje.notify.webhook import post_notice
from receivers import webhook

NOTICE = Notice("my_shop", "night 2026-11-29 stopped in validate", (("what", "a & b < c"),))


@pytest.fixture(autouse=True)
def no_waits(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    waits: list[float] = []
    monkeypatch.setattr("mandje.notify.tries.time.sleep", waits.append)
    return waits


def fault(address: str) -> str:
    (line,) = send_everywhere({"webhook": lambda: post_notice(NOTICE, address)})
    assert "SECRET" not in line
    return line


def test_it_arrives_in_slacks_shape() -> None:
    with webhook() as hook:
        post_notice(NOTICE, hook.address)
    title = "*my_shop: night 2026-11-29 stopped in validate*"
    assert hook.notices == [{"text": f"{title}\n*what*: a &amp; b &lt; c"}]


@pytest.mark.parametrize("first", [500, 503, 429])
def test_a_server_that_is_not_well_is_tried_again(first: int, no_waits: list[float]) -> None:
    with webhook(first) as hook:
        post_notice(NOTICE, hook.address)
    assert (len(hook.notices), no_waits) == (1, [1.0])


@pytest.mark.parametrize("code", [403, 404, 302])
def test_a_refusal_is_told_at_once_and_nothing_is_followed(code: int, no_waits: list[float]) -> None:
    with webhook(code) as hook:
        assert f"127.0.0.1 answers {code}; next: look whether the webhook" in fault(hook.address)
    assert (hook.notices, no_waits) == ([], [])


@pytest.mark.parametrize("address", ["", "hooks.example.org/SECRET", "file:///SECRET", "ftp://host/SECRET"])
def test_only_web_addresses_are_called(address: str) -> None:
    assert "is no https:// address" in fault(address)


def test_a_server_that_is_away_stops_no_other_way() -> None:
    with webhook() as hook:
        ways = {
            "first": lambda: post_notice(NOTICE, "http://127.0.0.1:9/SECRET"),
            "second": lambda: post_notice(NOTICE, hook.address),
        }
        (line,) = send_everywhere(ways)
    assert line.startswith("the notice could not be sent by first: ConnectionRefusedError")
    assert len(hook.notices) == 1
