"""What the machine does to a night: real full and read-only disks, permissions, and the words for them."""

from __future__ import annotations

import errno
import os
from datetime import date
from pathlib import Path

import duckdb
import polars as pl
import pytest

from mandje.errors import ExitCode, MandjeError
from mandje.night.pipeline import run_stage
from mandje.shop.settings import Shop
from mandje.system.machine import lies_in_machine, look_before_night, machine_fault, plain_faults
from plain_user import as_plain_user
from small_disk import filled, make_read_only, small_disk
from tiny_shop import make_shop, random_exports, small_shop

NIGHT = date(2025, 3, 1)
MIB = 1024**2


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    return make_shop(tmp_path / "shop")


def _shop_on(disk: Path) -> Shop:
    return small_shop(disk / "shop").deliver_all(random_exports(1, orders=5, days=2)).shop


def _tree(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*"))


def test_a_look_leaves_nothing_behind(shop: Shop) -> None:
    before = _tree(shop.folder)
    look_before_night(shop)
    assert _tree(shop.folder) == before


def test_too_little_room_is_seen_before_the_night(tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk", "400m") as disk:
        shop = _shop_on(disk)
        look_before_night(shop)
        before = _tree(shop.folder)
        with filled(disk, left=100 * MIB), pytest.raises(MandjeError) as fault:
            run_stage(shop.folder, NIGHT, "discover")
        assert fault.value.message == "the disk is full: 100 MiB free, about 256 MiB needed"
        assert fault.value.exit_code == ExitCode.NIGHT_STOPPED
        assert not {"raw", "published"} & set(_tree(shop.folder)) - set(before)
        run_stage(shop.folder, NIGHT, "discover")


def test_room_is_estimated_from_what_the_last_night_made(tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk", "1500m") as disk:
        shop = _shop_on(disk)
        shop.warehouse.parent.mkdir()
        with shop.warehouse.open("wb") as file:
            os.posix_fallocate(file.fileno(), 0, 500 * MIB)
        snapshot = shop.published / "2025-02-28-0123456789ab"
        snapshot.mkdir(parents=True)
        with (snapshot / "mandje.duckdb").open("wb") as file:
            os.posix_fallocate(file.fileno(), 0, 100 * MIB)
        look_before_night(shop)
        with (
            filled(disk, left=550 * MIB),
            pytest.raises(MandjeError, match="550 MiB free, about 600 MiB needed"),
        ):
            look_before_night(shop)


@pytest.mark.parametrize("stage", ["discover", "validate", "load"])
def test_a_full_disk_is_told_as_one(tmp_path: Path, stage: str) -> None:
    stages = ("discover", "validate", "load")
    with small_disk(tmp_path / "disk", "300m") as disk:
        shop = _shop_on(disk)
        for earlier in stages[: stages.index(stage)]:
            run_stage(shop.folder, NIGHT, earlier)
        with filled(disk), plain_end() as told:
            run_stage(shop.folder, NIGHT, stage)
        assert all("the disk is full" in line for line in told)
        assert told or stage == "load"  # which moves what is there already
        for again in stages:
            record = run_stage(shop.folder, NIGHT, again)
        assert record["result"]["partitions"] == len(list(shop.exports.glob("*/*")))
        assert list(shop.folder.rglob("*.tmp")) == []


class plain_end:  # noqa: N801
    """Takes the one line of a night that stopped; another error is none."""

    def __enter__(self) -> list[str]:
        self.told: list[str] = []
        return self.told

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> bool:
        if isinstance(error, MandjeError):
            self.told.append(str(error))
            assert error.exit_code == ExitCode.NIGHT_STOPPED
            return True
        return False


def test_a_read_only_disk_is_told_as_one(tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk", "400m") as disk:
        shop = _shop_on(disk)
        make_read_only(disk)
        with pytest.raises(MandjeError, match=r"the file system is read-only.*mount it so that"):
            run_stage(shop.folder, NIGHT, "discover")


@pytest.mark.parametrize("name", ["raw", "quarantine", "ops", "warehouse", "published", "."])
def test_a_folder_that_may_not_be_written_is_named(shop: Shop, name: str) -> None:
    place = shop.folder / name
    place.mkdir(exist_ok=True)
    place.chmod(0o500)
    with as_plain_user(), pytest.raises(MandjeError, match="may not read or write") as fault:
        run_stage(shop.folder, NIGHT, "discover")
    place.chmod(0o700)
    assert str(place.resolve()) in str(fault.value.file)
    assert "chown -R" in str(fault.value.next_step)
    run_stage(shop.folder, NIGHT, "discover")


def test_a_working_database_of_another_user_is_named(shop: Shop) -> None:
    shop.warehouse.parent.mkdir()
    shop.warehouse.touch(mode=0o400)
    with as_plain_user(), pytest.raises(MandjeError, match=r"may not read or write.*mandje\.duckdb"):
        look_before_night(shop)


WORDS = {
    'IO Error: Could not write file "/x/mandje.duckdb": No space left on device': "the disk is full",
    "No space left on device (os error 28)": "the disk is full",
    "IO Error: Failed to offload data block of size 256.0 KiB: Disk quota exceeded": "the disk is full",
    "Permission denied (os error 13): /x/raw/a.parquet": "may not read or write",
    "IO Error: Cannot open file: Read-only file system": "read-only",
    "Out of Memory Error: could not allocate block of size 256.0 KiB (2.9 GiB/3.0 GiB used)": "enough memory",
    "malloc of size 100 failed: out of memory": "enough memory",
    'IO Error: Cannot open file "/x/a.parquet": Too many open files': "too many files",
    "[Errno 5] Error reading bytes from file. Detail: [errno 5] Input/output error": "the share fails",
}


@pytest.mark.parametrize("words", WORDS)
def test_libraries_are_understood(shop: Shop, words: str) -> None:
    for error in (words, duckdb.IOException(words), pl.exceptions.ComputeError(words), OSError(words)):
        fault = machine_fault(error, shop)
        assert fault is not None
        assert WORDS[words] in fault.message
        assert fault.next_step
        assert fault.exit_code == ExitCode.NIGHT_STOPPED
        assert "\n" not in str(fault)


@pytest.mark.parametrize("error", [ValueError("a fault of ours"), duckdb.BinderException("no such column")])
def test_other_faults_stay_what_they_are(shop: Shop, error: Exception) -> None:
    assert machine_fault(error, shop) is None
    with pytest.raises(type(error)), plain_faults(shop):
        raise error


def test_memory_is_a_matter_of_the_machine() -> None:
    fault = machine_fault(MemoryError())
    assert fault is not None
    assert "not enough memory" in fault.message
    assert fault.exit_code == ExitCode.USER_ERROR


def test_what_says_nothing_of_a_file_refuses_no_delivery() -> None:
    assert all(lies_in_machine(OSError(number, "")) for number in (errno.EMFILE, errno.EIO, errno.ENOMEM))
    assert not any(
        lies_in_machine(OSError(number, "")) for number in (errno.EACCES, errno.ENOENT, errno.ELOOP)
    )
