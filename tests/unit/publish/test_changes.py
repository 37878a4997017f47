"""Which files changed since the snapshot before, and a copy that takes only those."""

import hashlib
import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest

from hand_built import FIRST_DAY, OPS
from mandje.publish.published_folder import rollback
from mandje.publish.snapshot import publish
from mandje.shop.settings import Shop
from repository import ROOT

Build = Callable[..., None]
PAGE = ROOT / "docs" / "how-to" / "copy-what-changed.md"
DECEMBER = "parquet/orders/month=2011-12/data_0.parquet"
NEW_TABLE = "parquet/extra/data_0.parquet"


def publish_day(shop: Shop, build: Build, day: int, sql: str = "") -> Path:
    build(200)
    with duckdb.connect(shop.warehouse) as con:
        con.execute(sql)
    return shop.published / publish(shop, FIRST_DAY + timedelta(days=day), OPS).folder


def second_day(shop: Shop, build: Build) -> Path:
    """One order of December changes, all of October go, a table comes."""
    return publish_day(
        shop,
        build,
        1,
        """
        UPDATE marts.orders SET coupon_code = 'NEW' WHERE order_date = DATE '2011-12-02';
        DELETE FROM marts.orders WHERE order_date < DATE '2011-11-01';
        CREATE TABLE marts.extra AS SELECT 1 AS x;
        """,
    )


def changes(folder: Path) -> dict[str, Any]:
    content: dict[str, Any] = json.loads((folder / "changes.json").read_text())
    return content


def hashes(folder: Path) -> dict[str, tuple[int, str]]:
    files = (path for path in folder.rglob("*") if path.is_file())
    read = ((path.relative_to(folder).as_posix(), path.read_bytes()) for path in files)
    return {path: (len(content), hashlib.sha256(content).hexdigest()) for path, content in read}


def told(files: list[dict[str, Any]]) -> dict[str, tuple[int, str]]:
    return {file["path"]: (file["bytes"], file["sha256"]) for file in files}


def test_all_files_of_the_first_snapshot_are_added(shop: Shop, build: Build) -> None:
    folder = publish_day(shop, build, 0)
    found = changes(folder)
    files = {p: one for p, one in hashes(folder).items() if p not in {"changes.json", "manifest.json"}}
    assert told(found.pop("added")) == files
    assert found == {"since": None, "changed": [], "gone": [], "equal": {"files": 0, "bytes": 0}}
    listed = {file["path"] for file in json.loads((folder / "manifest.json").read_text())["files"]}
    assert listed == {*files, "changes.json"}


def test_the_next_one_tells_what_is_another_file(shop: Shop, build: Build) -> None:
    first = publish_day(shop, build, 0)
    second = second_day(shop, build)
    found, before, now = changes(second), hashes(first), hashes(second)
    assert found["since"] == first.name
    assert told(found["added"]) == {NEW_TABLE: now[NEW_TABLE]}
    assert told(found["gone"]) == {
        p: one for p, one in before.items() if p.startswith("parquet/orders/month=2011-10")
    }
    assert told(found["changed"]) == {p: now[p] for p in (DECEMBER, "mandje.duckdb")}
    equal = [one for p, one in now.items() if before.get(p) == one]
    assert found["equal"] == {"files": len(equal), "bytes": sum(size for size, _ in equal)}
    assert len(equal) == 6


def test_it_is_compared_with_what_readers_saw(shop: Shop, build: Build) -> None:
    first = publish_day(shop, build, 0)
    second_day(shop, build)
    rollback(shop, first.name)
    assert changes(publish_day(shop, build, 2, "DROP TABLE marts.returns"))["since"] == first.name


def test_a_damaged_list_of_files_compares_with_nothing(shop: Shop, build: Build) -> None:
    first = publish_day(shop, build, 0)
    (first / "manifest.json").chmod(0o600)
    (first / "manifest.json").write_text("{")
    found = changes(second_day(shop, build))
    assert (found["since"], found["changed"], found["gone"]) == (None, [], [])


@pytest.fixture
def copy_snapshot(shop: Shop, build: Build, monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """The page's own code; running it makes the first copy, `copy/` in the shop's folder."""
    monkeypatch.chdir(shop.folder)
    publish_day(shop, build, 0)
    names: dict[str, Any] = {}
    code = PAGE.read_text(encoding="utf-8").partition("```python\n")[2].partition("```")[0]
    exec(compile(code, str(PAGE), "exec"), names)  # noqa: S102  the page is ours
    function: Callable[..., None] = names["copy_snapshot"]
    return lambda: function(shop.published, shop.folder / "copy")


def test_a_copy_equals_the_folder(shop: Shop, build: Build, copy_snapshot: Callable[..., None]) -> None:
    copy = shop.folder / "copy"
    assert hashes(copy) == hashes(shop.published / "current")
    kept = {path: (copy / path).stat().st_mtime_ns for path in hashes(copy)}
    second = second_day(shop, build)
    copy_snapshot()
    assert hashes(copy) == hashes(second)
    untouched = {path for path, at in kept.items() if (copy / path).exists() and _changed(copy, path) == at}
    assert len(untouched) == changes(second)["equal"]["files"]


def _changed(copy: Path, path: str) -> int:
    return (copy / path).stat().st_mtime_ns


def test_a_copy_that_was_stopped_is_mended_by_the_next(
    shop: Shop, build: Build, copy_snapshot: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    copy, second = shop.folder / "copy", second_day(shop, build)
    calls = iter(range(2))

    def stops(source: Path, target: Path) -> None:
        Path(target).write_bytes(Path(source).read_bytes()[:10])
        if next(calls, None) is None:
            raise KeyboardInterrupt
        Path(target).write_bytes(Path(source).read_bytes())

    with monkeypatch.context() as patch:
        patch.setattr("shutil.copyfile", stops)
        with pytest.raises(KeyboardInterrupt):
            copy_snapshot()
    assert hashes(copy) != hashes(second)
    assert list(copy.rglob("*.part"))
    copy_snapshot()
    assert hashes(copy) == hashes(second)
