"""The small demo that pages are tried on, and a place to type their commands in."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from demo_shop import small_demo
from mandje.settings import Shop
from once_per_run import parsed_once, shared_folder


@pytest.fixture(scope="session", autouse=True)
def dbt_reads_once(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    with parsed_once(shared_folder(tmp_path_factory)):
        yield


@pytest.fixture(scope="session")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Shop:
    """To be read only."""
    return small_demo(tmp_path_factory)


@pytest.fixture(scope="session")
def place(shop: Shop, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that is like the repository, with a built demo of its own."""
    folder = tmp_path_factory.mktemp("typed")
    shutil.copytree(shop.folder, folder / "data" / "demo", symlinks=True)
    return folder
