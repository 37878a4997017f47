import configparser
import socket
import stat
from importlib.metadata import PackageNotFoundError
from pathlib import Path

import pytest
from sqlalchemy.engine import make_url

from mandje.errors import MandjeError
from mandje.orchestrate import home as home_module
from mandje.orchestrate.home import Home, prepare_home
from mandje.shop.settings import Shop, load_shop
from tiny_shop import SHOP_TOML


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Shop:
    monkeypatch.setattr(home_module, "_migrate", lambda _: None)
    # Signs that configuration files and addresses read as the start of something.
    folder = tmp_path / "50% 'x' #20%20 é"
    folder.mkdir()
    (folder / "shop.toml").write_text(SHOP_TOML)
    return load_shop(folder)


def config(home: Home) -> configparser.ConfigParser:
    read = configparser.ConfigParser()
    read.read(home.config)
    return read


def secrets(home: Home) -> list[str]:
    known = config(home)
    places = [("core", "fernet_key"), ("api", "secret_key"), ("api_auth", "jwt_secret")]
    return [known.get(*place) for place in places] + [home.password()]


def test_a_second_start_keeps_secrets_password_and_port(shop: Shop) -> None:
    home, port = prepare_home(shop)
    before = home.config.read_bytes()
    first = secrets(home)
    assert prepare_home(shop) == (home, port)
    assert home.config.read_bytes() == before
    assert secrets(home) == first
    assert len(set(first)) == 4
    assert min(map(len, first)) >= 16


def test_only_the_owner_can_read_them(shop: Shop) -> None:
    home, _ = prepare_home(shop)
    assert {stat.S_IMODE(path.stat().st_mode) for path in (home.config, home.login)} == {0o600}
    assert stat.S_IMODE(home.folder.stat().st_mode) == 0o700


def test_everything_stays_in_the_shops_folder_and_on_loopback(shop: Shop) -> None:
    home, port = prepare_home(shop)
    known = config(home)
    assert home.folder == shop.folder / ".airflow"
    assert known.get("api", "host") == "127.0.0.1"
    assert known.get("core", "execution_api_server_url") == f"http://127.0.0.1:{port}/execution/"
    database = make_url(known.get("database", "sql_alchemy_conn")).database
    assert database == f"{shop.folder}/.airflow/airflow.db"


def test_a_port_that_is_taken_is_left_for_another(shop: Shop) -> None:
    _, port = prepare_home(shop)
    with socket.socket() as other:
        other.bind(("127.0.0.1", port))
        other.listen()
        home, now = prepare_home(shop)
        assert now != port
    assert config(home).getint("api", "port") == now
    assert prepare_home(shop) == (home, now)


def test_settings_of_another_airflow_are_not_inherited(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIRFLOW__CORE__EXECUTOR", "Nonsense")
    monkeypatch.setenv("AIRFLOW_HOME", "/elsewhere")
    monkeypatch.setenv("MANDJE_SCHEDULE", "none")
    env = Home(shop).environment(scheduled=True)
    assert env["AIRFLOW_HOME"] == str(shop.folder / ".airflow")
    assert env["MANDJE_SHOP"] == str(shop.folder)
    assert not {"AIRFLOW__CORE__EXECUTOR", "MANDJE_SCHEDULE"} & env.keys()
    assert Home(shop).environment(scheduled=False)["MANDJE_SCHEDULE"] == "none"


def test_without_dags_there_is_one_clear_line(
    shop: Shop, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(home_module, "DAGS", tmp_path)
    with pytest.raises(
        MandjeError, match=r"the DAGs are not here; file: .*; next step: install Mandje again"
    ):
        prepare_home(shop)


def test_a_path_that_airflow_reads_as_a_variable_is_told(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOMETHING", "else")
    monkeypatch.setattr(home_module, "_migrate", lambda _: pytest.fail("must not come so far"))
    folder = shop.folder / "a $SOMETHING"
    folder.mkdir()
    (folder / "shop.toml").write_text(SHOP_TOML)
    with pytest.raises(MandjeError, match=r"takes a part of the shop's path for a variable.*a else"):
        prepare_home(load_shop(folder))


def test_without_airflow_there_is_one_clear_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(name: str) -> str:
        raise PackageNotFoundError(name)

    monkeypatch.setattr(home_module, "version", missing)
    (tmp_path / "shop.toml").write_text(SHOP_TOML)
    with pytest.raises(MandjeError, match=r"Airflow is not installed; expected: .*mandje\[airflow\]"):
        prepare_home(load_shop(tmp_path))
