from decimal import Decimal
from pathlib import Path

import pytest
from hand_built import FIRST_DAY, OPS, SHOP_TOML, build_warehouse

from mandje.errors import MandjeError
from mandje.publish.query import query_snapshot
from mandje.publish.snapshot import publish
from mandje.shop.settings import Shop, load_shop


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Shop:
    """Ten orders, published once for all queries."""
    folder = tmp_path_factory.mktemp("basket")
    (folder / "shop.toml").write_text(SHOP_TOML)
    shop = load_shop(folder)
    build_warehouse(shop, 10)
    publish(shop, FIRST_DAY, OPS)
    return shop


def test_before_the_first_publish_there_is_one_clear_line(shop: Shop) -> None:
    with pytest.raises(MandjeError, match="nothing is published yet"):
        query_snapshot(shop, "SELECT 1")


def test_queries(published: Shop) -> None:
    assert query_snapshot(published, "SELECT sum(total_amount) AS s FROM marts.orders").item() == Decimal(
        "46.2340"
    )
    assert query_snapshot(published, "FROM ops.stages;").rows() == [(FIRST_DAY, "load", 1.5)]
    assert (
        query_snapshot(published, "SELECT max(ordered_at)::VARCHAR FROM marts.orders").item().endswith("+00")
    )
    assert query_snapshot(published, "SHOW TABLES").height == 6
    assert query_snapshot(published, "FROM stamp").rows() == [(10,)]
    assert query_snapshot(published, "DESCRIBE marts.orders").height > 1


@pytest.mark.parametrize(
    ("sql", "said"),
    [
        ("SELEC 1", "syntax error"),
        ("SELECT nothing FROM marts.orders", "nothing"),
        ("SELECT * FROM staging.hidden", "hidden"),
        ("SELECT 1; SELECT 2", "expected: one SELECT"),
        ("", "not one statement"),
        ("DELETE FROM marts.orders", "can only be read; found: DELETE"),
        *(
            (sql, "can only be read")
            for sql in (
                "ATTACH 'x'",
                "COPY marts.orders TO 'x.csv'",
                "EXPLAIN SELECT 1",
                "EXPLAIN ANALYZE COPY (SELECT 1) TO 'x.csv'",
                "PRAGMA database_list",
                "CALL pragma_version()",
                "SET threads = 1",
                "RESET temp_directory",
                "INSTALL httpfs",
                "LOAD httpfs",
                "PREPARE p AS COPY (SELECT 1) TO 'x.csv'",
                "EXECUTE p",
                "EXPORT DATABASE 'x'",
                "CREATE TEMP TABLE t AS SELECT 1",
                "CHECKPOINT",
                "USE marts",
                "BEGIN",
            )
        ),
        ("SELECT * FROM query('CHECKPOINT')", "SELECT"),
        ("WITH gone AS (DELETE FROM marts.orders RETURNING *) FROM gone", "read-only"),
        ("SELECT * FROM read_csv('/etc/passwd')", "disabled"),
        ("SELECT 'x'::INTEGER FROM marts.orders", "Could not convert"),
    ],
)
def test_a_bad_query_gives_one_line(published: Shop, sql: str, said: str) -> None:
    with pytest.raises(MandjeError, match=said) as caught:
        query_snapshot(published, sql)
    assert "\n" not in str(caught.value)


def test_nothing_can_be_written_where_readers_look(published: Shop) -> None:
    (snapshot,) = (path for path in published.published.iterdir() if path.is_dir() and not path.is_symlink())
    before = sorted(snapshot.rglob("*"))
    assert (
        published.published.resolve()
        not in Path(query_snapshot(published, "SELECT current_setting('temp_directory')").item()).parents
    )
    for target in (snapshot / "mandje.duckdb.tmp" / "x.csv", snapshot / "x.csv"):
        for statement in ("COPY (SELECT 1) TO '{}'", "EXPLAIN ANALYZE COPY (SELECT 1) TO '{}'"):
            with pytest.raises(MandjeError, match="can only be read"):
                query_snapshot(published, statement.format(target))
    assert sorted(snapshot.rglob("*")) == before
