"""The feeds around sales: service contacts, messages and the experiment."""

from __future__ import annotations

import polars as pl

from mandje.simulate.care.message_events import message_events
from mandje.simulate.care.messages import messages, read_messages
from mandje.simulate.care.service_contacts import service_contacts
from mandje.simulate.sales.experiment import delivered_assignments
from mandje.simulate.sales.make import Sales
from mandje.simulate.world.world import Block, World


def delivered_care(world: World, block: Block, sales: Sales, sent: pl.DataFrame) -> dict[str, pl.DataFrame]:
    """Delivered rows of a block by feed.

    service_contacts, messages, message_events, experiment_assignments; `sent` are all messages.
    """
    read = read_messages(world, block, sent)
    return {
        "service_contacts": service_contacts(world, block, sales),
        "messages": messages(world, read),
        "message_events": message_events(world, read, sales.acts.unsubscribed),
        "experiment_assignments": delivered_assignments(world, sales.assigned, sales.acts.assigned),
    }
