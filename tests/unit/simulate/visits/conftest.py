from __future__ import annotations

import pytest
from visited_shop import Visited, make, shop

import mandje.simulate.world.world


@pytest.fixture(scope="session", name="visited")
def visited_once() -> Visited:
    """A shop of one block."""
    world = shop(1500)
    return make(world, next(world.blocks()))


@pytest.fixture(scope="session", name="blocks")
def blocks_once() -> list[Visited]:
    """A shop of three blocks."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(mandje.simulate.world.world, "BLOCK", 250)
        world = shop(700, seed=6, visits={"defects": {"clock_of_2000": 5}})
        return [make(world, block) for block in world.blocks()]
