"""The files of `deploy/` say what Airflow, the lock and the page about production say."""

from __future__ import annotations

import configparser
import importlib.util
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml

from mandje.orchestrate.server import COMPONENTS
from repository import ROOT

DEPLOY = ROOT / "deploy"
PAGE = (ROOT / "docs" / "production.md").read_text(encoding="utf-8")
UNITS = sorted((DEPLOY / "systemd").glob("*.service"))
COMPOSE = yaml.safe_load((DEPLOY / "docker" / "compose.yaml").read_text())
VALUES = yaml.safe_load((DEPLOY / "kubernetes" / "values.yaml").read_text())
DOCKERFILE = (DEPLOY / "docker" / "Dockerfile").read_text()
COMMANDS = sorted(" ".join(words) for words in COMPONENTS.values())


def locked(package: str) -> str:
    found = re.search(rf"^{package}==(\S+)", (ROOT / "requirements.lock").read_text(), re.MULTILINE)
    assert found
    return found[1]


def supervised() -> configparser.RawConfigParser:
    parser = configparser.RawConfigParser()
    parser.read(DEPLOY / "supervisor" / "airflow.conf")
    return parser


def settings() -> dict[str, str]:
    lines = (DEPLOY / "airflow.env").read_text().splitlines()
    return dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))  # type: ignore[misc]


def known_settings() -> dict[str, Any]:
    spec = importlib.util.find_spec("airflow")
    assert spec is not None
    assert spec.submodule_search_locations
    known = Path(spec.submodule_search_locations[0]) / "config_templates" / "config.yml"
    return dict(yaml.safe_load(known.read_text()))


def test_every_setting_is_one_that_airflow_knows() -> None:
    known = known_settings()
    for name in {*settings(), *COMPOSE["x-airflow"]["environment"]} - {"AIRFLOW_HOME"}:
        _, section, option = name.lower().split("__")
        assert option in known[section]["options"], name
    for section, options in VALUES["config"].items():
        assert set(options) <= set(known[section]["options"])


def test_all_run_the_same_four_services() -> None:
    programs = supervised()
    supervisor = [
        programs[name]["command"].removeprefix("/etc/mandje/airflow-service ")
        for name in programs.sections()
        if name.startswith("program:")
    ]
    systemd = [re.findall(r"ExecStart=/opt/airflow/bin/airflow (.*)", unit.read_text())[0] for unit in UNITS]
    services = [service["command"] for service in COMPOSE["services"].values() if "command" in service]
    compose = [" ".join(command[1:]) for command in services if "migrate" not in command]
    assert sorted(supervisor) == sorted(systemd) == sorted(compose) == COMMANDS


def test_units_differ_in_their_service_alone() -> None:
    def without_service(unit: Path) -> str:
        service = unit.stem.removeprefix("airflow-")
        named = re.sub(rf"([Aa]irflow[ -]){service}", r"\1SERVICE", unit.read_text())
        return named.replace(" --skip-serve-logs", "")

    assert len({without_service(unit) for unit in UNITS}) == 1


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd-analyze is missing")
def test_systemd_finds_no_fault_in_the_units(tmp_path: Path) -> None:
    placed = []
    for unit in UNITS:
        placed.append(tmp_path / unit.name)
        placed[-1].write_text(unit.read_text().replace("/opt/airflow/bin/airflow", "/bin/true"))
    done = subprocess.run(["systemd-analyze", "verify", *placed], capture_output=True, text=True, check=False)
    faults = [line for line in done.stderr.splitlines() if line.startswith("airflow-")]
    assert (done.returncode, faults) == (0, [])


def test_hadolint_finds_no_fault_in_the_dockerfile() -> None:
    hadolint = Path(sys.executable).parent / "hadolint"
    done = subprocess.run(
        [hadolint, DEPLOY / "docker" / "Dockerfile"], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout) == (0, "")


def test_the_service_script_is_sound_and_may_be_run() -> None:
    script = DEPLOY / "supervisor" / "airflow-service"
    assert script.stat().st_mode & 0o111
    subprocess.run(["sh", "-n", script], check=True)


def test_versions_are_those_of_the_lock() -> None:
    airflow = locked("apache-airflow")
    mandje = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    assert f"FROM apache/airflow:{airflow}-python3.11\n" in DOCKERFILE
    assert VALUES["airflowVersion"] == airflow
    assert f"apache-airflow=={airflow} " in PAGE
    wheels = re.findall(r"mandje-([\d.]+)-py3-none-any\.whl", DOCKERFILE + PAGE)
    assert set(wheels) == {mandje}
    assert COMPOSE["x-airflow"]["image"] == f"mandje-airflow:{mandje}"
    assert VALUES["images"]["airflow"]["tag"] == mandje


def test_all_read_the_same_dag_file_and_shops() -> None:
    line = 'nightly(shop.parent, executable="/opt/mandje/bin/mandje")'
    assert line in (DEPLOY / "dags" / "shops.py").read_text()
    assert line in (ROOT / "docs" / "how-to" / "own-airflow.md").read_text()
    assert "/srv/shops:/srv/shops" in COMPOSE["x-airflow"]["volumes"]
    assert VALUES["volumeMounts"][0]["mountPath"] == "/srv/shops"
    assert "COPY deploy/dags /opt/airflow/dags" in DOCKERFILE


def test_the_page_says_of_each_file_whether_it_was_tried() -> None:
    rows = [line for line in PAGE.splitlines() if line.startswith("| [`")]
    for path in sorted(DEPLOY.iterdir()):
        (row,) = [row for row in rows if f"../deploy/{path.name}" in row]
        assert "tried" in row.split("|")[3]
