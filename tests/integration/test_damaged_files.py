"""Files of Mandje's own, damaged: commands and nights end in one line, never a traceback."""

from __future__ import annotations

import shutil
import stat
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from command_line import Said, mandje, told
from mandje.errors import ExitCode, MandjeError
from mandje.night.pipeline import STAGES, run_stage
from mandje.observe.records.nights import note_stop
from mandje.publish.published_folder import read_manifest
from mandje.shop.settings import Shop, load_shop
from once_per_run import made_once
from small_disk import filled, small_disk
from tiny_shop import FIRST_DAY, make_shop, random_exports, small_shop

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")

LAST = FIRST_DAY + timedelta(days=40)
HEADER = "order_id,line_number,product_id,quantity,currency_code,unit_price_amount,discount_amount"
BAD_LINE = f"{HEADER}\no1,1,p,-1,EUR,1,0\n"

Damage = Callable[[Path], object]


def _as_folder(path: Path) -> None:
    path.unlink()
    path.mkdir()
    (path / "something").touch()


def _cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def _spoilt_inside(path: Path) -> None:
    """The ends of the file stay whole: a Parquet file that opens and cannot be read."""
    data = bytearray(path.read_bytes())
    data[4 : len(data) * 2 // 3] = b"\xff" * (len(data) * 2 // 3 - 4)
    path.write_bytes(data)


DAMAGES: dict[str, Damage] = {
    "cut": _cut,
    "empty": lambda path: path.write_bytes(b""),
    "binary": lambda path: path.write_bytes(bytes(range(256))),
    "latin": lambda path: path.write_bytes(b'{"a": "\xe9"}'),
    "spoilt": _spoilt_inside,
    "folder": _as_folder,
    "gone": Path.unlink,
    **{
        text: (lambda path, text=text: path.write_text(text))
        for text in ("[]", "[1]", "null", "{}", '"x"', "12", "[" * 100_000, '{"result": {}, "stage": 1}')
    },
    # The keys that are asked for first, with values of other kinds.
    "kinds": lambda path: path.write_text(path.read_text("utf-8", "replace").replace('"', "7", 4)),
    "nulls": lambda path: path.write_text(
        '{"stage": "x", "seconds": 1, "result": {"checks": 3}, "sha256": null}'
    ),
}
# One file of each kind.
FILES = (
    "raw/.hashes.json",
    "raw/order_lines/*/current.json",
    "raw/order_lines/*/*/ledger.json",
    "raw/order_lines/*/*/rejected.parquet",
    "raw/order_lines/*/*/order_lines.parquet",
    "quarantine/returns/*/*/refusal.json",
    "ops/key.json",
    "ops/gate_open.json",
    "ops/nights/*/load.json",
    "ops/nights/*/build.json",
    "ops/nights/*/check.json",
    "ops/nights/*/predict.json",
    "ops/nights/*/build_customers.json",
    "ops/unfinished/*",
    "ops/stopped/*",
    "ops/back_tests/*.json",
    "ops/recommendation_tests/*.json",
    "warehouse/build.json",
    "warehouse/row_outcomes.parquet",
    "warehouse/order_totals.parquet",
    "published/current.json",
    "published/pin.json",
    "published/*-*-*/manifest.json",
    "published/*-*-*/mandje.duckdb",
)


@pytest.fixture(scope="module")
def night(tmp_path_factory: pytest.TempPathFactory) -> Shop:
    return load_shop(made_once(tmp_path_factory, "night_with_everything", _make))


def _make(folder: Path) -> None:
    """A small shop after a night; then a row and a delivery were refused, and a night stopped."""
    small = small_shop(folder).deliver_all(random_exports(5, orders=6, days=2), until=LAST).night(LAST)
    told("publish", folder, "--rollback", LAST)
    small.deliver("order_lines", LAST, BAD_LINE).deliver("returns", LAST, "nothing\n")
    small.stages(LAST, "discover", "validate", "load")
    note_stop(small.shop, LAST, "load", "a line", ExitCode.NIGHT_STOPPED)


def _commands(shop: Shop) -> list[Said]:
    said = [mandje(name, shop.folder) for name in ("status", "reconcile", "rejects", "doctor")]
    return [*said, mandje("publish", shop.folder, "--check"), mandje("query", shop.folder, "select 1")]


def _stages(shop: Shop) -> list[str]:
    lines = []
    for stage in ("discover", "validate", "load"):
        try:
            run_stage(shop.folder, LAST, stage)
        except MandjeError as fault:
            lines.append(str(fault))
    return lines


# Read by the same lines as another of the list.
ALIKE = {f"ops/nights/*/{stage}.json" for stage in ("build", "predict", "build_customers")}
ALIKE |= {"ops/unfinished/*", "published/current.json", "warehouse/build.json", "raw/.hashes.json"}
# Each in one way, all ways in turn; `tests/unit/system/test_own_files.py` has every way for one file.
SOME = [
    (pattern, list(DAMAGES)[(5 * number) % len(DAMAGES)])
    for number, pattern in enumerate(FILES)
    if pattern not in ALIKE
]
ALL = [(pattern, damage) for pattern in FILES for damage in DAMAGES if (pattern, damage) not in SOME]


@pytest.mark.parametrize(
    ("pattern", "damage"), [*SOME, *(pytest.param(*one, marks=pytest.mark.full) for one in ALL)]
)
def test_a_damaged_file_is_told_in_one_line(night: Shop, tmp_path: Path, pattern: str, damage: str) -> None:
    shop = _light_copy(night, tmp_path / "shop")
    (path, *_) = sorted(shop.folder.glob(pattern))
    path.chmod(0o600)
    DAMAGES[damage](path)
    for said in _commands(shop):
        assert said.exit_code in set(ExitCode), said
        assert "Traceback" not in said.stderr
        assert len(said.stderr.splitlines()) <= 1, said.stderr
        assert "a night may have moved a file" not in said.stderr
    for line in _stages(shop):
        assert "\n" not in line
        assert "next step" in line, line


def _light_copy(shop: Shop, folder: Path) -> Shop:
    """Without the working database, which none of these commands opens."""
    heavy = shutil.ignore_patterns("mandje.duckdb", "dbt")
    for part in shop.folder.iterdir():
        ignore = heavy if part.name == "warehouse" else None
        if part.is_dir():
            shutil.copytree(part, folder / part.name, symlinks=True, ignore=ignore)
        else:
            shutil.copy(part, folder / part.name)
    return load_shop(folder)


def test_nothing_that_a_night_made_is_open_to_others(night: Shop) -> None:
    made = [night.raw, night.quarantine, night.ops, night.warehouse.parent, night.published]
    paths = [path for folder in made for path in (folder, *folder.rglob("*")) if not path.is_symlink()]
    assert [path for path in paths if path.stat().st_mode & 0o077] == []
    sealed = [path for path in night.published.glob("*-*-*/**/*") if path.is_file()]
    assert {stat.S_IMODE(path.stat().st_mode) for path in sealed} == {0o400}


@pytest.mark.full
def test_a_disk_that_is_full_at_any_stage(night: Shop, tmp_path: Path) -> None:
    """One line with the right cause; with room again the same stage ends, and content is the same."""
    with small_disk(tmp_path / "disk", "700m") as disk:
        shop = make_shop(disk / "shop")
        shutil.copytree(night.exports, shop.exports)
        for path in (shop.exports / "returns" / str(LAST), shop.exports / "order_lines" / str(LAST)):
            shutil.rmtree(path)
        for stage in STAGES:
            with filled(disk):
                if stage != "load":  # which moves what is there already
                    with pytest.raises(MandjeError, match="the disk is full") as fault:
                        run_stage(shop.folder, LAST, stage)
                    assert fault.value.exit_code == ExitCode.NIGHT_STOPPED
            run_stage(shop.folder, LAST, stage)
        assert "difference 0" in told("reconcile", shop.folder)
        assert list(shop.folder.rglob("*.tmp")) == []
        same, other = (read_manifest(one.published / "current")["content_hash"] for one in (night, shop))
        assert same == other
