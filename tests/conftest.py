"""What holds for every test process."""

from __future__ import annotations

import gc
import os

import pytest

# Two processes share two cores: more threads of Polars would only take turns.
os.environ.setdefault("POLARS_MAX_THREADS", "1")

# dbt and Great Expectations make many small objects and few circles: looking for circles at every 700th new
# object took a tenth of a build's time.
gc.set_threshold(50_000, 20, 20)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Pages last: all of them read the demo, and processes that begin with it wait for each other."""
    items.sort(key=lambda item: "docs" in item.path.parts)
