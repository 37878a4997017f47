"""Who wants messages no more, and what those that are sent do to orders."""

from __future__ import annotations

import numpy as np
import polars as pl

from mandje.simulate.acting.groups import PERSUADABLE, SLEEPING_DOG, Reactions
from mandje.simulate.acting.hazard import Spans
from mandje.simulate.acting.mailing import NEWSLETTER, WIN_BACK
from mandje.simulate.world.chance import Floats, Integers, happens
from mandje.simulate.world.clock import DAY, HOUR, MINUTE, SECOND
from mandje.simulate.world.world import Block, World

_TIRED_DAYS = 30
# Who unsubscribes does so within a day.
_UNSUBSCRIBED_AFTER = (2 * MINUTE, 24 * HOUR)
_SECONDS = 2**32


def wanted(
    world: World, block: Block, people: pl.DataFrame, sent: pl.DataFrame
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The messages that are sent as long as they are wanted, and who unsubscribed: message_id, person, at.

    Messages get `tired`: how many too many the reader had in the 30 days before.
    """
    settings = world.settings.messaging
    generator = world.chance("acting", "unsubscribed", block.number)
    withdrawn = people.select("person", "withdrawn_at")
    sent = sent.join(withdrawn, on="person", how="left", maintain_order="left").filter(
        (pl.col("sent_at") < pl.col("withdrawn_at")).fill_null(value=True)
    )
    tired = _too_many(world, block, sent)
    ratio: Floats = settings.unsubscribed_ratio + settings.tired_unsubscribed_ratio * tired.astype(np.float64)
    ends = happens(generator, ratio, sent.height)
    after = generator.integers(*_UNSUBSCRIBED_AFTER, sent.height)
    sent = sent.drop("withdrawn_at").with_columns(
        pl.Series("tired", tired), pl.Series("at", sent["sent_at"].to_numpy() + after, dtype=pl.Int64)
    )
    unsubscribed = sent.filter(pl.Series(ends, dtype=pl.Boolean)).unique(
        "person", keep="first", maintain_order=True
    )
    unsubscribed = unsubscribed.select("message_id", "person", "at").filter(pl.col("at") < world.clock.end)
    last = unsubscribed.select("person", until="at")
    sent = sent.drop("at").join(last, on="person", how="left", maintain_order="left")
    return sent.filter((pl.col("sent_at") < pl.col("until")).fill_null(value=True)).drop(
        "until"
    ), unsubscribed


def spans_of(world: World, block: Block, found: Reactions, sent: pl.DataFrame, trigger: str) -> Spans:
    """What messages of a trigger do to the rates of their readers."""
    settings = world.settings.messaging
    factor = {NEWSLETTER: settings.newsletter_factor, WIN_BACK: settings.win_back_factor}[trigger]
    rows = sent.filter(pl.col("trigger") == trigger, pl.lit(factor != 1))
    person, sent_at = rows["person"].to_numpy(), rows["sent_at"].to_numpy()
    day = world.clock.delivery_day(sent_at) + 1
    group = found.group[person - block.first_person]
    gain = (factor - 1) * np.power(settings.tired_ratio, rows["tired"].to_numpy())
    loss = settings.groups.sleeping_factor - 1
    change: Floats = np.select([group == PERSUADABLE, group == SLEEPING_DOG], [gain, loss], 0.0)
    experiment = pl.Series("experiment", [None] * rows.height, dtype=pl.String)
    return Spans(person, day, day + settings.effect_days, change, rows["message_id"], experiment)


def _too_many(world: World, block: Block, sent: pl.DataFrame) -> Integers:
    """How many more than wanted were sent to the same reader in the 30 days before each; in order of time."""
    person = sent["person"].to_numpy() - block.first_person
    seconds = (sent["sent_at"].to_numpy() - world.clock.end) // SECOND + _SECONDS // 2
    key = person * _SECONDS + seconds
    before = np.arange(len(key)) - np.searchsorted(key, key - _TIRED_DAYS * DAY // SECOND)
    return np.asarray(np.maximum(before - world.settings.messaging.tired_after, 0))
