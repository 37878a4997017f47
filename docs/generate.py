"""Write the pages of docs/ that follow from the code: `make docs`, or `.venv/bin/python docs/generate.py`.

The reference of commands, make targets, settings and feeds is never written by hand. With a shop's folder
(`docs/generate.py data/demo`) the results in the cookbook are written anew too, from what it published.
"""

from __future__ import annotations

import json
import re
import sys
import tempfile
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import polars as pl
import typer.main
from pydantic import BaseModel
from pydantic.fields import FieldInfo
from typer.testing import CliRunner

from mandje.cli import app
from mandje.publish.query import query_snapshot
from mandje.shop.settings import Shop, ShopSettings, load_shop
from mandje.starter import init_shop

DOCS = Path(__file__).parent
COOKBOOK = DOCS / "cookbook.md"
# A query, and the result below it.
QUERY = re.compile(r"(```sql\n(?P<sql>.*?)```\n\n)```\n(?P<result>.*?)```", re.DOTALL)
_WIDEST = 110
# Defaults that follow from the feeds that a source makes (`default_policies`).
_BY_FEEDS = {
    "on_refused": '`"stop"` for what holds orders, else `"go_on"`',
    "on_missing": '`"wait"` for what holds orders, else `"go_on"`',
}
_MADE = "<!-- made by docs/generate.py: run `make docs`, change nothing here -->\n\n"


def pages() -> dict[str, str]:
    """Text by path below docs/ of all pages that follow from the code."""
    with tempfile.TemporaryDirectory() as folder:
        shop = Path(folder) / "shop"
        init_shop(shop)
        settings, feeds = (shop / "shop.toml").read_text(), (shop / "examples" / "README.md").read_text()
    return {
        "reference/commands.md": _MADE + _commands(),
        "reference/make.md": _MADE + _make_targets(),
        "reference/settings.md": _MADE + _settings(settings),
        "reference/feeds.md": _MADE + _feeds(feeds),
    }


def _commands() -> str:
    names = typer.main.get_command(app).commands
    parts = [f"## mandje {name}\n\n```\n{_help(name)}```\n" for name in names]
    return (
        "# Commands\n\n"
        "What `mandje --help` and `mandje COMMAND --help` say. `SHOP` is the folder that holds `shop.toml`. "
        "What each exit code means: [exit codes](exit-codes.md).\n\n"
        f"```\n{_help()}```\n\n" + "\n".join(parts)
    )


def _help(*words: str) -> str:
    said = CliRunner().invoke(app, [*words, "--help"], prog_name="mandje", env={"COLUMNS": "80"})
    return "\n".join(line.rstrip() for line in said.output.strip("\n").splitlines()) + "\n"


def _make_targets() -> str:
    makefile = (DOCS.parent / "Makefile").read_text()
    rows = re.findall(r"^([a-z-]+):.*?## (.*)$", makefile, re.MULTILINE)
    table = "".join(f"| `make {name}` | {meaning} |\n" for name, meaning in rows)
    return (
        "# Make targets\n\n"
        "`make help` lists them. `SHOP=` is a name under `data/`, or the path of any shop's folder.\n\n"
        f"| target | what it does |\n|---|---|\n{table}"
    )


def _settings(example: str) -> str:
    rows = "".join(f"| `{name}` | {default} |\n" for name, default in setting_names(ShopSettings))
    return (
        "# shop.toml\n\n"
        "`mandje init` writes this file: every setting with its meaning, and where it has a default, that "
        "default. An unknown key is an error, and all faults are reported at once.\n\n"
        f"```toml\n{example}```\n\n"
        "## All settings\n\n"
        "`<name>` is a name of the shop's choosing.\n\n"
        f"| setting | default |\n|---|---|\n{rows}"
    )


def setting_names(model: type[BaseModel], place: str = "") -> Iterator[tuple[str, str]]:
    """Every setting with its path and default; of sections that have names, `<name>` stands for each."""
    for name, field in model.model_fields.items():
        section, path = _section(field.annotation), f"{place}{name}"
        if section is None:
            yield path, _BY_FEEDS.get(name) or _default(field)
        else:
            named = "" if isinstance(field.annotation, type) and field.annotation is section else ".<name>"
            yield from setting_names(section, f"{path}{named}.")


def _section(annotation: Any) -> type[BaseModel] | None:  # noqa: ANN401  whatever pydantic knows
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    inner = (_section(one) for one in getattr(annotation, "__args__", ()))
    return next((one for one in inner if one is not None), None)


def _default(field: FieldInfo) -> str:
    if field.is_required():
        return "needed"
    value = field.get_default(call_default_factory=True)
    if value is None:
        return "not set"
    if isinstance(value, tuple) and len(value) > 1:
        return "see above"
    plain = value if not isinstance(value, Decimal) else float(value)
    return f"`{json.dumps(plain)}`"


def _feeds(guide: str) -> str:
    lines = guide.splitlines()
    return "\n".join(["# Feeds", *lines[1:]]) + "\n"


def with_results(text: str, shop: Shop) -> str:
    """The cookbook with the results that a shop's snapshot gives now."""
    return QUERY.sub(lambda found: found[1] + "```\n" + result(shop, found["sql"]) + "```", text)


def result(shop: Shop, sql: str) -> str:
    """A query's answer as a plain table, or by name and value where a single row is too wide for one."""
    frame = query_snapshot(shop, sql)
    columns = [[name, *map(_cell, frame[name])] for name in frame.columns]
    lines = [_line(frame, columns, row) for row in range(frame.height + 1)]
    if frame.height == 1 and len(lines[0]) > _WIDEST:
        width = max(map(len, frame.columns))
        lines = [f"{name:{width}}  {value}\n" for name, value in columns]
    return "".join(lines)


def _line(frame: pl.DataFrame, columns: list[list[str]], row: int) -> str:
    widths = [max(map(len, cells)) for cells in columns]
    aligned = [
        cells[row].rjust(width) if kind.is_numeric() else cells[row].ljust(width)
        for cells, width, kind in zip(columns, widths, frame.dtypes, strict=True)
    ]
    return "  ".join(aligned).rstrip() + "\n"


def _cell(value: object) -> str:
    if isinstance(value, bool) or value is None:
        return "" if value is None else str(value).lower()
    if isinstance(value, Decimal):  # a sum of counts has no places
        return f"{value:,.2f}" if value.as_tuple().exponent else str(value)
    return f"{value:.4f}" if isinstance(value, float) else str(value)


def main() -> None:
    """Write all pages; with a shop's folder, the cookbook's results too."""
    for name, text in pages().items():
        (DOCS / name).write_text(text, encoding="utf-8")
    for folder in sys.argv[1:]:
        COOKBOOK.write_text(with_results(COOKBOOK.read_text(encoding="utf-8"), load_shop(Path(folder))))


if __name__ == "__main__":
    main()
