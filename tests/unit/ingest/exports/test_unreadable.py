"""What cannot be read refuses its own delivery, is said by name, and is read as soon as it can be."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from mandje.errors import MandjeError
from mandje.ingest.discover import discover, pending
from mandje.ingest.exports.deliveries import list_source
from mandje.ingest.store.partitions import current_of
from mandje.ingest.store.quarantine import refused_deliveries
from mandje.shop.settings import Shop, load_shop
from plain_user import as_plain_user
from store_support import LAST_NIGHT, SHOP_TOML, adjustments, drop, lines, make_shop, night, stopped_night

DAY, NEXT_DAY = date(2025, 1, 6), date(2025, 1, 7)
GO_ON = SHOP_TOML.replace('"stop"', '"go_on"')


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    """Two deliveries: one will be spoilt, the other must be loaded all the same."""
    shop = make_shop(tmp_path / "shop", GO_ON)
    drop(shop, "order_lines", DAY, lines(3))
    drop(shop, "order_lines", NEXT_DAY, lines(2, label="x"))
    return shop


def _file(shop: Shop) -> Path:
    return shop.exports / "order_lines" / str(DAY) / "order_lines.csv"


def _broken_link(shop: Shop) -> None:
    _file(shop).unlink()
    _file(shop).symlink_to("nowhere.csv")


def _link_to_itself(shop: Shop) -> None:
    _file(shop).unlink()
    _file(shop).symlink_to(_file(shop).name)


def _no_permission(shop: Shop) -> None:
    _file(shop).chmod(0)


def _closed_folder(shop: Shop) -> None:
    _file(shop).parent.chmod(0)


def _listed_but_not_entered(shop: Shop) -> None:
    _file(shop).parent.chmod(0o444)


def _fifo(shop: Shop) -> None:
    os.mkfifo(_file(shop).with_name("order_lines.more.csv"))


def _socket(shop: Shop) -> None:
    os.mknod(_file(shop).with_name("order_lines.s.csv"), stat.S_IFSOCK | 0o600)


def _folder(shop: Shop) -> None:
    _file(shop).with_name("order_lines.old").mkdir()


def _folder_as_broken_link(shop: Shop) -> None:
    _file(shop).unlink()
    _file(shop).parent.rmdir()
    _file(shop).parent.symlink_to("gone")


def _folder_that_is_a_link_to_a_fifo(shop: Shop) -> None:
    _folder_as_broken_link(shop)
    os.mkfifo(_file(shop).parents[1] / "gone")


def _link_out(shop: Shop) -> None:
    outside = shop.folder.parent / "outside.csv"
    _file(shop).rename(outside)
    _file(shop).symlink_to(outside)


def _folder_that_leads_out(shop: Shop) -> None:
    outside = shop.folder.parent / "outside"
    _file(shop).parent.rename(outside)
    (shop.exports / "order_lines" / str(DAY)).symlink_to(
        os.path.relpath(outside, shop.exports / "order_lines")
    )


SPOILS: dict[Callable[[Shop], None], str] = {
    _broken_link: "a link leads nowhere",
    _link_to_itself: "a link leads nowhere",
    _no_permission: "cannot be read",
    _closed_folder: "cannot be read",
    _listed_but_not_entered: "cannot be read",
    _fifo: "no ordinary file",
    _socket: "no ordinary file",
    _folder: "no ordinary file",
    _folder_as_broken_link: "a link leads nowhere",
    _folder_that_is_a_link_to_a_fifo: "cannot be read",
    _link_out: "leads out of the shop's folder",
    _folder_that_leads_out: "leads out of the shop's folder",
}


def _mend(shop: Shop) -> None:
    for entry in _file(shop).parent.parent.iterdir():
        if entry.name not in {str(DAY), str(NEXT_DAY)}:
            entry.unlink()
    folder = _file(shop).parent
    if folder.is_symlink():
        folder.unlink()
        folder.mkdir()
    folder.chmod(0o755)
    for entry in folder.iterdir():
        entry.rmdir() if entry.is_dir() and not entry.is_symlink() else entry.unlink()
    _file(shop).write_text(lines(3))


@pytest.mark.parametrize("spoil", SPOILS, ids=lambda spoil: spoil.__name__)
def test_it_is_refused_alone_and_read_once_it_can_be(shop: Shop, spoil: Callable[[Shop], None]) -> None:
    spoil(shop)
    with as_plain_user():
        night(shop)
        (refusal,) = refused_deliveries(shop)
        assert (refusal.reason, refusal.delivery_date) == ("unreadable", str(DAY))
        assert SPOILS[spoil] in refusal.message
        assert str(refusal.file).startswith(f"exports/order_lines/{DAY}")
        assert refusal.next_step
        assert current_of(shop, "order_lines")[NEXT_DAY].status == "accepted"
        assert not pending(shop, LAST_NIGHT)
        assert discover(shop, LAST_NIGHT).sources[0].refused.count == 1
    _mend(shop)
    with as_plain_user():
        assert discover(shop, LAST_NIGHT).sources[0].changed.first == (str(DAY),)
        assert night(shop)[1].loaded == 1
    assert refused_deliveries(shop) == []


@pytest.mark.parametrize("spoil", SPOILS, ids=lambda spoil: spoil.__name__)
def test_a_source_that_stops_says_so_in_one_line(tmp_path: Path, spoil: Callable[[Shop], None]) -> None:
    shop = make_shop(tmp_path / "shop")
    drop(shop, "order_lines", DAY, lines(3))
    spoil(shop)
    with as_plain_user():
        error = stopped_night(shop)
    assert SPOILS[spoil] in str(error)
    assert "next step" in str(error)


def test_a_loaded_delivery_that_cannot_be_read_any_more_is_refused(shop: Shop) -> None:
    with as_plain_user():
        night(shop)
        _file(shop).chmod(0)
        assert [r.reason for r in night(shop) and refused_deliveries(shop)] == ["unreadable"]
        _file(shop).chmod(0o600)
        night(shop)
        assert refused_deliveries(shop) == []
        assert current_of(shop, "order_lines")[DAY].feeds == {"order_lines": 3}


@pytest.mark.parametrize("spoil", [_link_out, _folder_that_leads_out])
def test_links_lead_out_where_the_shop_says_so(shop: Shop, spoil: Callable[[Shop], None]) -> None:
    spoil(shop)
    night(shop)
    (refusal,) = refused_deliveries(shop)
    assert "follow_links_outside = true" in str(refusal.next_step)
    (shop.folder / "shop.toml").write_text("follow_links_outside = true\n" + GO_ON)
    follows = load_shop(shop.folder)
    assert night(follows)[1].loaded == 1
    assert refused_deliveries(follows) == []
    night(shop)  # and back again
    assert [one.reason for one in refused_deliveries(shop)] == ["unreadable"]


def test_links_inside_the_shop_are_followed(shop: Shop) -> None:
    (shop.folder / "inbox").mkdir()
    _file(shop).rename(shop.folder / "inbox" / "lines.csv")
    _file(shop).symlink_to("../../../inbox/lines.csv")
    (shop.exports / "order_lines").rename(shop.folder / "inbox" / "order_lines")
    (shop.exports / "order_lines").symlink_to("../inbox/order_lines")
    (shop.folder / "inbox" / "order_lines" / str(DAY) / "order_lines.csv").unlink()
    (shop.folder / "inbox" / "order_lines" / str(DAY) / "order_lines.csv").symlink_to("../../lines.csv")
    assert night(shop)[1].loaded == 2


@pytest.mark.parametrize("name", ["exports/order_lines", "exports"])
def test_a_source_that_leads_out_stops_before_anything_looks_gone(shop: Shop, name: str) -> None:
    night(shop)
    outside = shop.folder.parent / "elsewhere"
    (shop.folder / name).rename(outside)
    (shop.folder / name).symlink_to(outside)
    for look in (
        lambda: discover(shop, LAST_NIGHT),
        lambda: night(shop),
        lambda: list_source(shop, "order_lines"),
    ):
        with pytest.raises(MandjeError, match=r"leads out of the shop's folder.*follow_links_outside = true"):
            look()
    assert len(current_of(shop, "order_lines")) == 2


def _a_file(path: Path) -> None:
    path.write_text("orders will come")


def _a_closed_folder(path: Path) -> None:
    path.mkdir(mode=0)


def _a_link_to_nowhere(path: Path) -> None:
    path.symlink_to("nowhere")


@pytest.mark.parametrize("put", [_a_file, _a_closed_folder, _a_link_to_nowhere])
def test_what_is_no_folder_of_a_source_is_named(shop: Shop, put: Callable[[Path], None]) -> None:
    put(shop.exports / "adjustments")
    with as_plain_user():
        unexpected = discover(shop, LAST_NIGHT).unexpected
        assert unexpected == ("exports/adjustments: not read; expected a folder that Mandje's user may list",)
        assert night(shop)[1].loaded == 2


@pytest.mark.parametrize("put", [_a_file, _a_closed_folder, _a_link_to_nowhere])
def test_exports_that_cannot_be_looked_into_stop(tmp_path: Path, put: Callable[[Path], None]) -> None:
    shop = make_shop(tmp_path / "shop")
    put(shop.exports)
    with as_plain_user(), pytest.raises(MandjeError, match=r"cannot be looked into|leads nowhere"):
        discover(shop, LAST_NIGHT)


def test_a_plain_name_is_still_asked_for(shop: Shop) -> None:
    drop(shop, "adjustments", DAY, adjustments(DAY, 1), name="adjust\nments.csv")
    night(shop)
    assert [one.reason for one in refused_deliveries(shop)] == ["unknown_file"]
