from __future__ import annotations

import pytest

from first_block import FirstBlock, make_first_block


@pytest.fixture(scope="session")
def first_block() -> FirstBlock:
    return make_first_block()
