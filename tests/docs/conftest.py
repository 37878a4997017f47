"""The small demo that pages are tried on, and a place to type their commands in."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from demo_shop import small_demo
from mandje.shop.settings import Shop
from once_per_run import parsed_once, shared_folder
from repository import ROOT


@pytest.fixture(scope="session", autouse=True)
def dbt_reads_once(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    with parsed_once(shared_folder(tmp_path_factory)):
        yield


@pytest.fixture(scope="session")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Shop:
    """To be read only."""
    return small_demo(tmp_path_factory)


@pytest.fixture(scope="session")
def place(shop: Shop, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A folder that is like the repository, in which data/demo is built; nobody may change the demo."""
    folder = tmp_path_factory.mktemp("typed")
    for path in ROOT.iterdir():
        if path.name not in {".git", "data"}:
            (folder / path.name).symlink_to(path)
    (folder / "data").mkdir()
    (folder / "data" / "demo").symlink_to(shop.folder)
    before = _files(shop.folder)
    yield folder
    assert _files(shop.folder) == before, "a page's command changed the demo that all tests share"


def _files(folder: Path) -> set[tuple[str, str, int]]:
    """Every file with its size."""
    names = ((where, name) for where, _, files in os.walk(folder) for name in files)
    return {(where, name, (Path(where) / name).stat().st_size) for where, name in names}
