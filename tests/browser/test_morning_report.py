"""The morning report as a reader sees it: in Chromium, on a phone and a desk, by day and by night."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from demo_shop import small_demo
from mandje.shop.settings import Shop

pytestmark = [pytest.mark.browser, pytest.mark.filterwarnings("ignore::DeprecationWarning")]
LOOK = Path(__file__).with_name("look.mjs")


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Shop:
    return small_demo(tmp_path_factory)


@pytest.fixture(scope="module")
def looks(shop: Shop, tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, Any]]:
    """What a browser found, per width and theme; pictures lie in the folder that pytest keeps."""
    folder = tmp_path_factory.mktemp("pictures")
    page = shop.published / "report.html"
    said = subprocess.run(["node", LOOK, page, folder], capture_output=True, text=True, check=True)
    assert len(list(folder.glob("*.png"))) == 4
    found: list[dict[str, Any]] = json.loads(said.stdout)
    return found


def test_axe_finds_no_fault(looks: list[dict[str, Any]]) -> None:
    assert [(one["width"], one["theme"]) for one in looks] == [
        (width, theme) for width in (390, 1280) for theme in ("light", "dark")
    ]
    assert [fault for one in looks for fault in one["faults"]] == []


def test_nothing_is_requested_and_nothing_is_wider_than_the_window(looks: list[dict[str, Any]]) -> None:
    assert [request for one in looks for request in one["requests"]] == []
    assert max(one["tooWide"] for one in looks) <= 0


def test_axe_would_find_a_fault(shop: Shop, tmp_path: Path) -> None:
    broken = tmp_path / "broken.html"
    page = (shop.published / "report.html").read_text()
    broken.write_text(page.replace("<h1>", '<img src="x.png"><h1>').replace("<html lang", "<html data-lang"))
    said = subprocess.run(["node", LOOK, broken, tmp_path], capture_output=True, text=True, check=True)
    (first, *_) = json.loads(said.stdout)
    assert {"image-alt", "html-has-lang"} <= {fault["id"] for fault in first["faults"]}
    assert first["requests"] == [tmp_path.joinpath("x.png").as_uri()]
