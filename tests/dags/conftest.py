import shutil
import sys
import tempfile
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from repository import DAGS
from tiny_shop import SHOP_TOML

LoadDags = Callable[[], dict[str, Any]]


@pytest.fixture(scope="session")
def airflow_home() -> Iterator[str]:
    """An Airflow of its own, gone after the tests; set before Airflow is imported."""
    assert not any(name.startswith("airflow.") for name in sys.modules), "Airflow was imported too early"
    home = tempfile.mkdtemp()
    with pytest.MonkeyPatch.context() as patch, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        patch.setenv("AIRFLOW_HOME", home)
        patch.setenv("AIRFLOW__CORE__LOAD_EXAMPLES", "False")
        patch.setenv("AIRFLOW__CORE__DAGS_FOLDER", str(DAGS))
        patch.setenv("DO_NOT_TRACK", "1")
        from airflow.utils.db import initdb

        initdb()
        yield home
    shutil.rmtree(home)


@pytest.fixture(scope="session")
def shop_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("tiny")
    (folder / "shop.toml").write_text(SHOP_TOML, encoding="utf-8")
    return folder


@pytest.fixture
def load_dags(airflow_home: str, shop_folder: Path, monkeypatch: pytest.MonkeyPatch) -> LoadDags:
    """Read the real DAG folder, for the tiny shop unless the test says otherwise."""
    del airflow_home
    monkeypatch.setenv("MANDJE_SHOP", str(shop_folder))

    def load() -> dict[str, Any]:
        from airflow.dag_processing.dagbag import DagBag

        bag = DagBag(DAGS)
        assert bag.import_errors == {}
        assert bag.dags, f"no DAG in {DAGS}: these tests would prove nothing"
        return bag.dags

    return load


@pytest.fixture
def nightly(load_dags: LoadDags) -> Any:
    return load_dags()["mandje_tiny"]
