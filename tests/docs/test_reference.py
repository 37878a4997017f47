"""The reference says what the code says: made pages are as it makes them, the others list all there is."""

from __future__ import annotations

import re
import tomllib
from typing import Any

import pytest
from docs_generator import generate
from pydantic import BaseModel

from mandje.errors import ExitCode
from mandje.publish.catalogue.ops import OPS_TABLES
from mandje.publish.public_contract import read_contract
from mandje.publish.query import query_snapshot
from mandje.shop.settings import Shop, ShopSettings
from mandje.starter import init_shop
from repository import ROOT

# Of libraries that the night imports.
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")
REFERENCE = ROOT / "docs" / "reference"
# What every shop says for itself, so that no default can be compared.
OWN = {"name", "reporting_currency", "time_zone", "sites", "sources"}


@pytest.fixture(scope="module")
def pages() -> dict[str, str]:
    return generate.pages()


@pytest.fixture(scope="module")
def starter(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The shop.toml that explains every setting."""
    folder = tmp_path_factory.mktemp("starter") / "shop"
    init_shop(folder)
    return (folder / "shop.toml").read_text()


def page(name: str) -> str:
    return (REFERENCE / name).read_text(encoding="utf-8")


@pytest.mark.parametrize("name", ["commands.md", "make.md", "settings.md", "feeds.md"])
def test_a_page_made_from_the_code_is_as_it_makes_it(name: str, pages: dict[str, str]) -> None:
    assert page(name) == pages[f"reference/{name}"], "run `make docs`"


def test_no_page_is_left_over(pages: dict[str, str]) -> None:
    made = {f"reference/{path.name}" for path in REFERENCE.glob("*.md") if "made by" in path.read_text()[:40]}
    assert made == set(pages)


def test_a_new_command_and_a_new_option_change_the_page(pages: dict[str, str]) -> None:
    app, text = generate.app, pages["reference/commands.md"]
    told = {command.callback.__name__.rstrip("_") for command in app.registered_commands if not command.name}
    named = {command.name for command in app.registered_commands if command.name}
    assert set(re.findall(r"^## mandje (\S+)$", text, re.MULTILINE)) == told | named
    assert "--unseal FOLDER" in text


def test_mandje_init_explains_every_setting(starter: str) -> None:
    for name, _ in generate.setting_names(ShopSettings):
        assert re.search(rf"^(?:# ?)*{name.rpartition('.')[2]}(?: =|:)", starter, re.MULTILINE) or (
            name == "engine.spark.conf" and "[engine.spark.conf]" in starter
        ), f"{name} is not explained in starter.py"


def test_the_defaults_that_mandje_init_writes_are_true(starter: str) -> None:
    written = tomllib.loads(starter)
    assert list(_otherwise(written, ShopSettings)) == []
    assert len(written) > 10


def test_a_wrong_default_is_found(starter: str) -> None:
    wrong = starter.replace("gap_minutes = 30", "gap_minutes = 31")
    assert list(_otherwise(tomllib.loads(wrong), ShopSettings)) == ["gap_minutes"]


def _otherwise(written: dict[str, Any], model: type[BaseModel]) -> list[str]:
    """Settings whose written value is not the default."""
    wrong = []
    for name, value in written.items():
        field = model.model_fields.get(name)
        if field is None:
            wrong.append(name)
        elif isinstance(value, dict) and name not in OWN:
            wrong += _otherwise(value, field.annotation)  # type: ignore[arg-type]
        elif name not in OWN and value != _plain(field.default):
            wrong.append(name)
    return wrong


def _plain(default: object) -> object:
    if isinstance(default, tuple):
        return list(default)
    return float(default) if type(default).__name__ == "Decimal" else default


def test_all_exit_codes_are_listed() -> None:
    rows = re.findall(r"^\| (\d) \| `(\w+)` \|", page("exit-codes.md"), re.MULTILINE)
    assert rows == [(str(code.value), code.name) for code in ExitCode]


def test_all_public_tables_are_listed() -> None:
    told = set(re.findall(r"`((?:marts|predictions)\.\w+)`", page("tables.md").partition("\n## ")[0]))
    assert told == set(read_contract().tables)


def test_tables_of_ops_are_listed_with_their_columns() -> None:
    rows = re.findall(r"^\| `ops\.(\w+)` \| .* \| (.*) \|$", page("tables.md"), re.MULTILINE)
    told = {table: re.findall(r"`(\w+)`", columns) for table, columns in rows}
    assert told == {name: list(table.columns) for name, table in OPS_TABLES.items()}


def test_snapshots_hold_what_is_listed_of_ops(shop: Shop) -> None:
    columns = (
        "select table_name, column_name from duckdb_columns() where schema_name = 'ops' order by column_index"
    )
    built: dict[str, list[str]] = {}
    for table, column in query_snapshot(shop, columns).rows():
        built.setdefault(table, []).append(column)
    assert built == {name: list(table.columns) for name, table in OPS_TABLES.items()}


def test_items_of_about_are_listed(shop: Shop) -> None:
    section = page("tables.md").partition("\n## What the file is")[2].partition("\n## ")[0]
    rows = re.findall(r"^\| (`.*) \| .* \|$", section, re.MULTILINE)
    told = {name for row in rows for name in re.findall(r"`(\w+)`", row)}
    items = query_snapshot(shop, "from about")["item"]
    assert told == {item for item in items if not item.startswith("site.")}


def test_places_of_a_shop_are_listed(shop: Shop) -> None:
    text = page("shop-folder.md")
    places = {value.fget(shop) for value in vars(Shop).values() if isinstance(value, property)}
    names = {place.relative_to(shop.folder).parts[0] for place in places}
    assert {name for name in names if f"| `{name}" not in text} == set()
