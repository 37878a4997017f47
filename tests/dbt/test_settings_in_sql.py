"""dbt reads the project without the settings of a shop: what it learns there must not hang on one."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from jinja2 import nodes

from repository import DBT_PROJECT

SQL = sorted(DBT_PROJECT.rglob("*.sql"))
_TOLD_AT_READING = {"ref", "source", "config"}


def _calls(of: nodes.Node) -> Iterator[tuple[str, nodes.Call]]:
    """Calls in a part of a file, by name."""
    own = [of] if isinstance(of, nodes.Call) else []
    for one in [*own, *of.find_all(nodes.Call)]:
        if isinstance(one.node, nodes.Name):
            yield one.node.name, one


def _told(of: nodes.Node) -> list[str]:
    return [str(call) for name, call in _calls(of) if name in _TOLD_AT_READING]


def hanging_on_a_setting(sql: str) -> set[str]:
    """Refs, sources and configs that stand only in an `if` or `for` over a setting; configs with one."""
    from dbt_common.clients.jinja import get_environment

    tree = get_environment().parse(sql)
    assigned = [one for one in tree.find_all(nodes.Assign) if isinstance(one.target, nodes.Name)]
    settings = {one.target.name for one in assigned if "var" in dict(_calls(one.node))}

    def asks(part: nodes.Node) -> bool:
        names = {one.name for one in [part, *part.find_all(nodes.Name)] if isinstance(one, nodes.Name)}
        return "var" in dict(_calls(part)) or bool(names & settings)

    blocks = [
        block
        for block in tree.find_all((nodes.If, nodes.For))
        if asks(block.test if isinstance(block, nodes.If) else block.iter)
    ]
    configs = {str(call) for name, call in _calls(tree) if name == "config" and "var" in dict(_calls(call))}
    in_blocks = [told for block in blocks for told in _told(block)]
    everywhere = _told(tree)
    return configs | {told for told in in_blocks if everywhere.count(told) == in_blocks.count(told)}


def test_no_ref_and_no_config_hangs_on_a_setting() -> None:
    assert len(SQL) > 150
    found = {path.name: hanging_on_a_setting(path.read_text(encoding="utf-8")) for path in SQL}
    assert {name: told for name, told in found.items() if told} == {}


def test_documentation_asks_for_no_setting() -> None:
    files = sorted(DBT_PROJECT.rglob("*.yml"))
    assert [path.name for path in files if re.search(r"\bvar\(", path.read_text(encoding="utf-8"))] == []


@pytest.mark.parametrize(
    "sql",
    [
        "{% if var('x') %}select * from {{ ref('y') }}{% endif %}",
        "{% set x = var('x') %}\n{% for one in x %}{{ source('a', one) }}{% endfor %} from {{ ref('y') }}",
        "{% if var('x') %}select * from {{ ref('y') }}{% else %}{{ ref('z') }}{% endif %} {{ ref('z') }}",
        "{{ config(enabled=var('x')) }}",
    ],
)
def test_one_that_does_is_seen(sql: str) -> None:
    assert len(hanging_on_a_setting(sql)) == 1


def test_a_setting_as_a_value_is_fine() -> None:
    assert hanging_on_a_setting("select '{{ var('x') }}' from {{ ref('y') }}") == set()
    assert hanging_on_a_setting("{% set y = ref('y') %}{% if var('x') %}from {{ y }}{% endif %}") == set()
