"""The feeds around sales: service contacts, messages and the experiment."""

from __future__ import annotations

import polars as pl

from mandje.simulate.care.messages import messages
from mandje.simulate.care.service_contacts import service_contacts
from mandje.simulate.sales.experiment import delivered_assignments
from mandje.simulate.sales.make import Sales
from mandje.simulate.world.world import Block, World


def delivered_care(world: World, block: Block, people: pl.DataFrame, sales: Sales) -> dict[str, pl.DataFrame]:
    """Delivered rows of a block by feed: service_contacts, messages, experiment_assignments."""
    return {
        "service_contacts": service_contacts(world, block, sales),
        "messages": messages(world, block, people, sales),
        "experiment_assignments": delivered_assignments(world, sales.assigned),
    }
