from collections.abc import Callable
from pathlib import Path

import pytest

from hand_built import SHOP_TOML, build_warehouse
from mandje.shop.settings import Shop, load_shop


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    folder = tmp_path / "basket"
    folder.mkdir()
    (folder / "shop.toml").write_text(SHOP_TOML)
    return load_shop(folder)


@pytest.fixture
def build(shop: Shop) -> Callable[..., None]:
    return lambda orders, said="first": build_warehouse(shop, orders, said)
