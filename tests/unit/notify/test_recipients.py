"""Who is told: the strict reading of the settings, and the one that holds where another line is wrong."""

from pathlib import Path

import pytest

from mandje.errors import MandjeError
from mandje.notify.recipients import Recipients, read_recipients
from mandje.shop.sections import Notify
from mandje.shop.settings import load_shop
from tiny_shop import SHOP_TOML

TOLD = """
[notify]
mail_to = ["ann@example.org", "bob+nights@example.org"]
mail_from = "mandje@example.org"
webhook = "MANDJE_WEBHOOK"
late_after_hours = 8
"""
ALL = Recipients(("ann@example.org", "bob+nights@example.org"), "mandje@example.org", "MANDJE_WEBHOOK", 8)


def shop(folder: Path, text: str) -> Path:
    (folder / "shop.toml").write_text(text, encoding="utf-8")
    return folder


def test_both_readings_agree(tmp_path: Path) -> None:
    folder = shop(tmp_path, SHOP_TOML + TOLD)
    assert read_recipients(folder) == ALL
    assert Recipients(**load_shop(folder).settings.notify.model_dump()) == ALL
    assert read_recipients(shop(tmp_path, SHOP_TOML)) == Recipients(**Notify().model_dump())


@pytest.mark.parametrize("wrong", ["name = ", "[sources.orders", 'cron = "at', "\x00", "[sites]\nnl = [\n"])
@pytest.mark.parametrize("around", ["{wrong}\n{told}", "{told}\n[carts]\n{wrong}\n"])
def test_a_line_that_is_no_toml_silences_nobody(tmp_path: Path, wrong: str, around: str) -> None:
    assert read_recipients(shop(tmp_path, around.format(wrong=wrong, told=TOLD))) == ALL


@pytest.mark.parametrize(
    "text", ["", "notify = 3", "[notify]\nmail_to = 3\nwebhook = 4", "[notify]\nmail_to = "]
)
def test_nobody_is_told_where_nothing_can_be_understood(tmp_path: Path, text: str) -> None:
    assert not read_recipients(shop(tmp_path, text)).is_anybody
    assert not read_recipients(tmp_path / "no shop").is_anybody


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ('mail_to = ["ann"]', "notify.mail_to.0: Value error, no plain mail address"),
        (r'mail_to = ["a@b.org\nBcc: c@d.org"]', "notify.mail_to.0"),
        ('mail_to = ["Ann <ann@example.org>"]', "notify.mail_to.0"),
        ('webhook = "https://hooks.example.org/x"', "an address is a secret"),
        ("late_after_hours = 0", "notify.late_after_hours"),
        ('on = ["failure"]', "notify.on: unknown key"),
    ],
)
def test_what_is_wrong_is_said_before_the_night(tmp_path: Path, line: str, said: str) -> None:
    with pytest.raises(MandjeError, match=r"shop\.toml has 1 fault") as fault:
        load_shop(shop(tmp_path, f"{SHOP_TOML}\n[notify]\n{line}\n"))
    assert said in str(fault.value)
    assert "hooks.example.org" not in str(fault.value), "the address is a secret"
