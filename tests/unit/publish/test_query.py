from collections.abc import Callable
from decimal import Decimal

import pytest
from hand_built import FIRST_DAY, OPS

from mandje.errors import MandjeError
from mandje.publish.query import query_snapshot
from mandje.publish.snapshot import publish
from mandje.settings import Shop


def test_before_the_first_publish_there_is_one_clear_line(shop: Shop) -> None:
    with pytest.raises(MandjeError, match="nothing is published yet"):
        query_snapshot(shop, "SELECT 1")


def test_queries(shop: Shop, build: Callable[..., None]) -> None:
    build(10)
    publish(shop, FIRST_DAY, OPS)
    assert query_snapshot(shop, "SELECT sum(total_amount) AS s FROM marts.orders").item() == Decimal(
        "46.2340"
    )
    assert query_snapshot(shop, "FROM ops.runs;").rows() == [("a", 1.5)]
    assert query_snapshot(shop, "SELECT max(ordered_at)::VARCHAR FROM marts.orders").item().endswith("+00")
    assert query_snapshot(shop, "SHOW ALL TABLES").height == 6
    assert query_snapshot(shop, "EXPLAIN SELECT 1").height == 1


@pytest.mark.parametrize(
    ("sql", "said"),
    [
        ("SELEC 1", "syntax error"),
        ("SELECT nothing FROM marts.orders", "nothing"),
        ("SELECT * FROM staging.hidden", "hidden"),
        ("SELECT 1; SELECT 2", "expected: one SELECT"),
        ("", "not one statement"),
        ("DELETE FROM marts.orders", "can only be read; found: DELETE"),
        ("ATTACH 'x'", "can only be read"),
        ("COPY marts.orders TO 'x.csv'", "can only be read"),
        ("SELECT * FROM read_csv('/etc/passwd')", "disabled"),
        ("SELECT 'x'::INTEGER FROM marts.orders", "Could not convert"),
    ],
)
def test_a_bad_query_gives_one_line(shop: Shop, build: Callable[..., None], sql: str, said: str) -> None:
    build(10)
    publish(shop, FIRST_DAY, OPS)
    with pytest.raises(MandjeError, match=said) as caught:
        query_snapshot(shop, sql)
    assert "\n" not in str(caught.value)
