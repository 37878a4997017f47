"""What `cron` of shop.toml may say."""

from __future__ import annotations

import pytest

from mandje.cron import checked_cron


@pytest.mark.parametrize(
    "text",
    [
        "0 3 * * *",
        "*/15 0-6 1,15 * mon-fri",
        "30 4 * jan,jul 7",
        "5 4 1-7/2 12 SUN",
        "@daily",
    ],
)
def test_what_is_one_is_kept_as_it_is(text: str) -> None:
    assert checked_cron(text) == text


@pytest.mark.parametrize(
    "text",
    [
        "at three",
        "",
        "0 3 * *",
        "0 3 * * * *",
        "60 3 * * *",
        "0 24 * * *",
        "0 3 0 * *",
        "0 3 * 13 *",
        "0 3 * * 8",
    ],
)
def test_what_is_none_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(ValueError, match=r'such as "0 3 \* \* \*"'):
        checked_cron(text)


@pytest.mark.parametrize(
    "value", [3, None, ["0 3 * * *"], "0 3-x * * *", "*/0 3 * * *", "0 3 * * -", "1/ 3 * * *"]
)
def test_neither_are_these(value: object) -> None:
    with pytest.raises(ValueError, match="no cron expression"):
        checked_cron(value)
