"""Who may read what nights make: looked at as other users would, not only as modes."""

from __future__ import annotations

import grp
import os
import stat
import subprocess
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path

import pytest

from mandje.errors import ExitCode, MandjeError
from mandje.night.pipeline import run_stage
from mandje.shop.settings import Shop, load_shop
from mandje.system import modes
from mandje.system.modes import mode_faults, settle_modes, settle_published
from plain_user import as_plain_user
from tiny_shop import SHOP_TOML, make_shop

NIGHT = date(2025, 3, 1)
NOBODY = 65534
# Some group that root is not in, and that every Linux has.
GROUP = "daemon"


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    """As an earlier version left it: open to everybody."""
    shop = make_shop(tmp_path / "shop")
    for name in (
        "raw/orders/2025-01-06/current.json",
        "ops/key.json",
        "warehouse/mandje.duckdb",
        ".airflow/a.db",
    ):
        path = shop.folder / name
        path.parent.mkdir(parents=True)
        path.write_text("{}")
    snapshot = shop.published / "2025-01-06-0123456789ab"
    (snapshot / "parquet" / "orders").mkdir(parents=True)
    for name in ("mandje.duckdb", "manifest.json", "parquet/orders/data_0.parquet"):
        (snapshot / name).write_text("{}")
        (snapshot / name).chmod(0o444)
    for name in ("current.json", "pin.json"):
        (shop.published / name).write_text("{}")
    (shop.published / "current").symlink_to(snapshot.name)
    return shop


def _with_group(shop: Shop, name: str | None) -> Shop:
    said = f'published_group = "{name}"\n' if name else ""
    (shop.folder / "shop.toml").write_text(said + SHOP_TOML)
    return load_shop(shop.folder)


def _modes(folder: Path) -> set[tuple[str, int]]:
    paths = [path for path in (folder, *folder.rglob("*")) if not path.is_symlink()]
    return {("d" if path.is_dir() else "f", stat.S_IMODE(path.stat().st_mode)) for path in paths}


def _open_to_others(shop: Shop) -> list[Path]:
    return [
        path
        for name in ("raw", "quarantine", "ops", "warehouse", "published", ".airflow")
        for path in ((shop.folder / name), *(shop.folder / name).rglob("*"))
        if path.exists() and not path.is_symlink() and path.stat().st_mode & 0o077
    ]


def test_a_night_closes_what_stood_open(shop: Shop) -> None:
    assert _open_to_others(shop)
    settle_modes(shop)
    assert _open_to_others(shop) == []
    assert _modes(shop.published / "2025-01-06-0123456789ab") == {("d", 0o700), ("f", 0o400)}
    assert list(mode_faults(shop)) == []


def test_what_a_stage_makes_is_for_the_owner_and_the_umask_is_given_back(tmp_path: Path) -> None:
    shop = make_shop(tmp_path / "shop")
    before = os.umask(0o022)
    try:
        run_stage(shop.folder, NIGHT, "discover")
        assert os.umask(0o022) == 0o022
    finally:
        os.umask(before)
    assert _open_to_others(shop) == []
    assert stat.S_IMODE(shop.folder.stat().st_mode) != 0o700


def test_a_folder_that_is_closed_already_is_not_walked(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    settle_modes(shop)
    walked: list[Path] = []
    below: Callable[..., Iterator[Path]] = modes._below
    monkeypatch.setattr(modes, "_below", lambda folder, **how: walked.append(folder) or below(folder, **how))
    settle_modes(shop)
    assert walked == [shop.published]


def test_doctor_names_what_is_open(shop: Shop) -> None:
    (fault, *_) = mode_faults(shop)
    assert "may be read by others" in fault
    assert "chmod -R go=" in fault


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may become other users")
class TestGroup:
    """The group reads published/ and nothing else, everybody else nothing."""

    def test_only_the_group_and_only_published(self, shop: Shop) -> None:
        group = grp.getgrnam(GROUP).gr_gid
        for folder in (shop.folder, *shop.folder.parents[:4]):
            folder.chmod(folder.stat().st_mode | 0o011)
        shop = _with_group(shop, GROUP)
        settle_modes(shop)
        assert list(mode_faults(shop)) == []
        current = shop.published / "current"
        seen = (
            current / "mandje.duckdb",
            current / "parquet/orders/data_0.parquet",
            shop.published / "current.json",
        )
        assert all(_may_read(path, group) for path in seen)
        assert not any(_may_read(path, NOBODY) for path in seen)
        hidden = (shop.warehouse, shop.ops / "key.json", shop.key_file)
        assert not any(_may_read(path, group) for path in hidden)
        assert _modes(shop.published) == {("d", 0o750), ("f", 0o440), ("f", 0o640)}
        closed = _with_group(shop, None)
        settle_published(closed)
        assert not any(_may_read(path, group) for path in seen)
        assert list(mode_faults(closed)) == []

    def test_a_way_that_is_barred_is_named(self, shop: Shop) -> None:
        shop = _with_group(shop, GROUP)
        shop.folder.chmod(0o700)
        settle_modes(shop)
        assert any(f"cannot pass {shop.folder} " in fault for fault in mode_faults(shop))

    def test_a_group_that_we_are_not_in_stops_before_the_night(self, shop: Shop) -> None:
        shop = _with_group(shop, GROUP)
        said = r"not in published_group.*usermod -aG daemon"
        with as_plain_user(), pytest.raises(MandjeError, match=said) as fault:
            run_stage(shop.folder, NIGHT, "discover")
        assert fault.value.exit_code == ExitCode.NIGHT_STOPPED


def _may_read(path: Path, group: int) -> bool:
    done = subprocess.run(
        ["cat", str(path)], user=NOBODY, group=group, extra_groups=[], capture_output=True, check=False
    )
    return done.returncode == 0


def test_an_unknown_group_stops_before_the_night(shop: Shop) -> None:
    shop = _with_group(shop, "no_such_group_here")
    with pytest.raises(MandjeError, match=r"names no group of this machine.*groupadd") as fault:
        run_stage(shop.folder, NIGHT, "discover")
    assert fault.value.exit_code == ExitCode.NIGHT_STOPPED
    assert any("names no group" in line for line in mode_faults(shop))
