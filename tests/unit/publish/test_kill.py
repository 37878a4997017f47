"""Publishing is killed before each of its renames, and run again; readers read all along."""

import json
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import duckdb
import pytest

from hand_built import FIRST_DAY, OPS, names
from mandje.publish.published_folder import current_snapshot
from mandje.publish.snapshot import publish
from mandje.shop.settings import Shop

Build = Callable[..., None]
NEXT_DAY = FIRST_DAY + timedelta(days=1)

PUBLISH_AND_DIE = """
import os, signal, sys
from datetime import date
from pathlib import Path
from mandje.publish.snapshot import Beside, publish
from mandje.shop.settings import load_shop

folder, deadly = Path(sys.argv[1]), int(sys.argv[2])
count = 0
def dying(call):
    def wrapped(*args, **kwargs):
        global count
        count += 1
        if count == deadly:
            os.kill(os.getpid(), signal.SIGKILL)
        return call(*args, **kwargs)
    return wrapped
os.rename, os.replace, os.unlink = dying(os.rename), dying(os.replace), dying(os.unlink)
publish(load_shop(folder), date.fromisoformat(sys.argv[3]), Beside({}, lambda _con: "page"))
print(count)
"""

READ = """
import json, sys, time
from pathlib import Path
import duckdb

published, outcome = Path(sys.argv[1]), {"reads": 0, "wrong": [], "seen": []}
while not (published.parent / "stop").exists():
    try:
        with duckdb.connect(published / "current" / "mandje.duckdb", read_only=True) as con:
            row = con.execute("SELECT (SELECT count(*) FROM marts.orders), order_count FROM marts.stamp")
            row = row.fetchone()
        if row[0] != row[1]:
            outcome["wrong"].append(str(row))
        outcome["reads"] += 1
        if row[0] not in outcome["seen"]:
            outcome["seen"].append(row[0])
    except Exception as fault:
        outcome["wrong"].append(repr(fault))
    time.sleep(0.005)
print(json.dumps(outcome))
"""


def die(shop: Shop, deadly: int) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", PUBLISH_AND_DIE, str(shop.folder), str(deadly), NEXT_DAY.isoformat()]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def read_count(folder: Path) -> int:
    with duckdb.connect(folder / "mandje.duckdb", read_only=True) as con:
        row = con.execute("SELECT count(*) FROM marts.orders").fetchone()
    assert row is not None
    return int(row[0])


# changes.json, manifest.json, the folder's name, the link, current.json
@pytest.mark.parametrize("deadly", [1, 2, 3, 4, 5])
def test_killed_before_a_rename_the_old_stands_and_a_rerun_ends_right(
    shop: Shop, build: Build, deadly: int
) -> None:
    build(10)
    old = publish(shop, FIRST_DAY, OPS)
    build(11)
    assert die(shop, deadly).returncode == -9
    current = current_snapshot(shop)
    assert current is not None
    assert (read_count(current), current.name == old.folder) == ((10, True) if deadly < 5 else (11, False))
    again = publish(shop, NEXT_DAY, OPS)
    assert json.loads((shop.published / "current.json").read_text())["folder"] == again.folder
    assert read_count(shop.published / "current") == 11
    left = {".lock", "current", "current.json", old.folder, again.folder}
    assert set(names(shop.published)) == left


def test_publishing_has_no_other_rename(shop: Shop, build: Build) -> None:
    build(10)
    publish(shop, FIRST_DAY, OPS)
    build(11)
    assert die(shop, 99).stdout.strip() == "5"


def test_killed_while_deleting_old_snapshots(shop: Shop, build: Build) -> None:
    for i in range(3):
        build(10 + i)
        publish(shop, FIRST_DAY - timedelta(days=i), OPS)
    build(20)
    assert die(shop, 7).returncode == -9
    again = publish(shop, NEXT_DAY, OPS)
    assert read_count(shop.published / "current") == 20
    assert again.removed == ()
    assert len(names(shop.published)) == 3 + len([".lock", "current", "current.json"])


def test_readers_are_never_disturbed(shop: Shop, build: Build) -> None:
    build(10)
    publish(shop, FIRST_DAY, OPS)
    command = [sys.executable, "-c", READ, str(shop.published)]
    readers = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    time.sleep(0.5)
    for i in range(1, 9):
        build(10 + i)
        publish(shop, FIRST_DAY + timedelta(days=i), OPS)
    (shop.folder / "stop").touch()
    outcomes = [json.loads(reader.communicate()[0]) for reader in readers]
    assert [outcome["wrong"] for outcome in outcomes] == [[], []]
    assert all(outcome["reads"] > 10 and len(outcome["seen"]) > 1 for outcome in outcomes)
