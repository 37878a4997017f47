"""dbt reads the project once for all shops of these tests."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from once_per_run import parsed_once, shared_folder


@pytest.fixture(scope="session", autouse=True)
def dbt_reads_once(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    with parsed_once(shared_folder(tmp_path_factory)):
        yield
