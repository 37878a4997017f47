from __future__ import annotations

import pytest
from small_shop import Made, make, shop

import mandje.simulate.world.world


@pytest.fixture(scope="session", name="made")
def made_once() -> Made:
    """A shop of one block."""
    world = shop(seed=3)
    return make(world, next(world.blocks()))


@pytest.fixture(scope="session", name="blocks")
def blocks_made_once() -> list[Made]:
    """A shop of three blocks."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(mandje.simulate.world.world, "BLOCK", 450)
        world = shop(seed=4)
        return [make(world, block) for block in world.blocks()]
