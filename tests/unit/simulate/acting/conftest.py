from __future__ import annotations

import pytest
from acting_shop import EXPERIMENTS, LEFT_CARTS, MESSAGING, Acting, make_acting


@pytest.fixture(scope="session", name="acting")
def acting_once() -> Acting:
    return make_acting(messaging=MESSAGING, left_carts=LEFT_CARTS, experiments=EXPERIMENTS)


@pytest.fixture(scope="session", name="calm")
def calm_once() -> Acting:
    """The same shop without any of it."""
    return make_acting()
