"""Small files of our own: every damage is one error, or no memory; writing is whole or nothing."""

from __future__ import annotations

import os
from datetime import date
from decimal import Decimal
from pathlib import Path

import polars as pl
import pytest

from mandje.system.own_files import (
    DamagedFileError,
    first_damaged,
    read_own,
    read_own_parquet,
    remembered,
    remove_own,
    write_own,
)

SHAPE = {"day": date.fromisoformat, "rows": int, "entries": [{"name": str | None}], "result": dict}
WHOLE = {"day": "2025-01-06", "rows": 3, "entries": [{"name": "a"}, {"name": None}], "result": {"x": {}}}
MEND = "mend {file} in {folder}"

BYTES = [
    *(b"", b"{", b"[]", b"[1]", b"null", b"{}", b'"x"', b"12", b"true", b"\xff\xfe", bytes(range(256))),
    *(b'{"a": "\xe9"}', b"[" * 100_000, b'{"day": 1' + b"0" * 5000 + b"}", b"NaN"),
]
KINDS = [
    *({"day": "soon"}, {"day": 3}, {"day": None}, {"rows": "3"}, {"rows": None}, {"entries": {}}),
    *({"entries": [3]}, {"entries": [{}]}, {"entries": [{"name": 3}]}, {"result": []}, {"result": None}),
]


@pytest.mark.parametrize("content", BYTES, ids=lambda content: repr(content[:12]))
def test_other_bytes_are_damage(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "own.json"
    path.write_bytes(content)
    with pytest.raises(DamagedFileError) as fault:
        read_own(path, SHAPE, MEND)
    assert fault.value.next_step == f"mend {path} in {tmp_path}"
    assert fault.value.found
    assert "\n" not in str(fault.value)
    assert len(str(fault.value)) < 1000
    assert remembered(path, SHAPE) is None


@pytest.mark.parametrize("change", KINDS, ids=repr)
def test_another_shape_is_damage(tmp_path: Path, change: dict[str, object]) -> None:
    path = tmp_path / "own.json"
    write_own(path, WHOLE)
    assert read_own(path, SHAPE, MEND) == WHOLE
    write_own(path, WHOLE | change)
    with pytest.raises(DamagedFileError, match=next(iter(change))):
        read_own(path, SHAPE, MEND)
    write_own(path, {key: value for key, value in WHOLE.items() if key not in change})
    with pytest.raises(DamagedFileError, match=f"no '{next(iter(change))}' in it"):
        read_own(path, SHAPE, MEND)


def test_a_key_that_is_asked_for_later_is_damage_too(tmp_path: Path) -> None:
    path = tmp_path / "own.json"
    write_own(path, WHOLE)
    content = read_own(path, SHAPE, MEND)
    assert content is not None
    with pytest.raises(DamagedFileError, match="no 'y' in it"):
        content["result"]["x"]["y"]
    assert content["result"].get("y") is None


def test_what_is_no_file_is_damage_and_nothing_is_nothing(tmp_path: Path) -> None:
    assert read_own(tmp_path / "own.json", SHAPE, MEND) is None
    (tmp_path / "folder").mkdir()
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "file").touch()
    for path in (tmp_path / "folder", tmp_path / "pipe", tmp_path / "file" / "own.json"):
        with pytest.raises(DamagedFileError):
            read_own(path, SHAPE, MEND)
        assert remembered(path, SHAPE) is None


def test_writing_replaces_in_one_rename_for_the_owner(tmp_path: Path) -> None:
    path = tmp_path / "new" / "folder" / "own.json"
    write_own(path, {"day": date(2025, 1, 6), "amount": Decimal("1.50"), "path": Path("a")})
    assert read_own(path, {}, MEND) == {"day": "2025-01-06", "amount": "1.50", "path": "a"}
    before = path.stat().st_ino
    with pytest.raises(TypeError):
        write_own(path, {"what": object()})
    assert path.stat().st_ino == before
    write_own(path, {})
    assert path.stat().st_ino != before
    assert [one.name for one in path.parent.iterdir()] == ["own.json"]
    assert (path.stat().st_mode & 0o777, path.parent.stat().st_mode & 0o777) == (0o600, 0o700)


def test_a_failed_write_leaves_the_old_and_nothing_else(tmp_path: Path) -> None:
    (tmp_path / "own.json" / "in the way").mkdir(parents=True)
    with pytest.raises(IsADirectoryError):
        write_own(tmp_path / "own.json", {})
    assert [one.name for one in tmp_path.iterdir()] == ["own.json"]


def test_removing_spares_what_somebody_put_there(tmp_path: Path) -> None:
    for make in (Path.mkdir, Path.touch):
        make(tmp_path / "own")
        remove_own(tmp_path / "own")
    remove_own(tmp_path / "own")
    (tmp_path / "own" / "something").mkdir(parents=True)
    with pytest.raises(DamagedFileError, match="move it away"):
        remove_own(tmp_path / "own")


def test_parquet_of_our_own(tmp_path: Path) -> None:
    path = tmp_path / "a[1]*.parquet"
    pl.DataFrame({"x": [1], "y": [2]}).write_parquet(path)
    assert read_own_parquet(path, ["y"], MEND).to_dict(as_series=False) == {"y": [2]}
    assert first_damaged([path], Path.read_bytes, MEND) is None
    with pytest.raises(DamagedFileError, match="z"):
        read_own_parquet(path, ["z"], MEND)
    path.write_bytes(path.read_bytes()[:-5])
    with pytest.raises(DamagedFileError, match=r"a\[1\]"):
        read_own_parquet(path, ["y"], MEND)
    path.unlink()
    found = first_damaged([tmp_path / "../", path], lambda one: one.stat(), MEND)
    assert found is not None
    assert found.file == str(path)
    with pytest.raises(DamagedFileError, match="no file"):
        read_own_parquet(path, ["y"], MEND)
