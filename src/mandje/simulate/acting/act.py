"""All that makes the customers of a block act: in which order it happens, and what comes of it."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np
import polars as pl

from mandje.errors import MandjeError
from mandje.simulate.acting.experiments import assign_all, experiment_sums, treated_spans, windows
from mandje.simulate.acting.groups import reactions
from mandje.simulate.acting.hazard import (
    CAUSED,
    PREVENTED,
    Rates,
    Spans,
    fewer_orders,
    more_orders,
    own_rates,
    spends,
)
from mandje.simulate.acting.left_carts import RETURNED, LeftCarts, leave_carts, mails_of
from mandje.simulate.acting.mailing import (
    MESSAGES_PER_PERSON,
    NEWSLETTER,
    THANKS,
    WIN_BACK,
    readers,
    scheduled,
)
from mandje.simulate.acting.reading import spans_of, wanted
from mandje.simulate.settings.acting import has_effects, has_no_left_carts
from mandje.simulate.world.clock import DAY
from mandje.simulate.world.world import Block, World

# Ids of orders that are drawn apart, and of thanks for them.
_CAUSED_ORDERS, _CAUSED_PER_PERSON, _CAUSED_THANKS = 2**40, 4096, 2**42
_THANKS_AFTER = 5 * DAY
_SENT = ("message_id", "person", "sent_at", "campaign", "trigger")
_ORDERED = ("person", "number", "site", "ordered_at", "day", "channel", "is_counted")


@dataclass(frozen=True, slots=True)
class Acts:
    """What comes of it.

    Attributes:
        placed: orders that are drawn apart, as `own_orders` makes them, with `order` and what causes each:
            `message` or `experiment`.
        prevented: purchases that do not take place, in the columns of `PREVENTED`.
        sent: messages that are sent: message_id, person, sent_at, campaign, trigger.
        unsubscribed: message_id, person, at (moment).
        wanting: person, until: who agreed to messages, and until when.
        assigned: who is in an experiment, see `assign_all`.
        carts: carts left, see `LeftCarts.carts`, with `order` (null = none).
        rates: how often customers order by themselves.
        spans: what messages did to the rates.
    """

    placed: pl.DataFrame
    prevented: pl.DataFrame
    sent: pl.DataFrame
    unsubscribed: pl.DataFrame
    wanting: pl.DataFrame
    assigned: pl.DataFrame
    carts: pl.DataFrame
    rates: Rates
    spans: tuple[Spans, ...]


@dataclass(slots=True)
class _Story:
    """What has happened so far: orders of the shop, those that were caused, those that were prevented."""

    world: World
    block: Block
    people: pl.DataFrame
    placed: pl.DataFrame
    rates: Rates
    caused: list[pl.DataFrame] = field(default_factory=list)
    prevented: list[pl.DataFrame] = field(default_factory=list)

    def orders(self) -> pl.DataFrame:
        """Orders that take place, by person and time."""
        gone = pl.concat([pl.DataFrame(schema=PREVENTED), *self.prevented])
        own = self.placed.join(gone, on=["person", "number"], how="anti", maintain_order="left")
        more = self.more().select(*_ORDERED)
        return pl.concat([own.select(*_ORDERED), more]).sort("person", "ordered_at", maintain_order=True)

    def more(self) -> pl.DataFrame:
        """Orders that are drawn apart, in the columns of `_ORDERED` and of `CAUSED`."""
        rows = pl.concat([pl.DataFrame(schema=CAUSED), *self.caused])
        home = self.people["site"].gather(rows["person"] - self.block.first_person)
        moment = self.world.clock.to_utc(home.to_numpy(), rows["civil_at"].to_numpy())
        return rows.with_columns(
            home.alias("site"),
            pl.Series("ordered_at", moment, dtype=pl.Int64),
            number=pl.lit(-1, pl.Int64),
            channel=pl.lit("online").cast(self.placed.schema["channel"]),
            is_counted=pl.lit(value=True),
        ).filter(pl.col("ordered_at") < self.world.clock.end)

    def change(self, name: str, spans: Spans) -> None:
        """Let rates be others on these days."""
        self.add(
            more_orders(self.world, self.rates, name, spans),
            fewer_orders(self.world, self.block, name, spans, self.orders()),
        )

    def add(self, caused: pl.DataFrame, prevented: pl.DataFrame) -> None:
        self.caused.append(caused)
        self.prevented.append(prevented)


def act(
    where: tuple[World, Block], people: pl.DataFrame, purchases: pl.DataFrame, orders: pl.DataFrame
) -> Acts:
    """Experiments first, then newsletters, mails about carts, and win-backs.

    Args:
        where: the shop and the block.
        people: of the block, with `withdrawn_at`.
        purchases: of these people.
        orders: as they are without any of it: person, number, site, ordered_at, day, channel, is_counted.

    Raises:
        MandjeError: somebody would order more often than there are ids.
    """
    world, block = where
    found, rates = reactions(world, block, people), own_rates(world, block, people, purchases)
    story = _Story(world, block, people, orders, rates)
    assigned = assign_all(world, block, people)
    story.change("experiments", treated_spans(windows(world, assigned)))
    sent, unsubscribed = wanted(world, block, people, scheduled(world, people, story.orders()))
    wanting = _wanting(world, people, unsubscribed)
    letters = spans_of(world, block, found, sent, NEWSLETTER)
    story.change(NEWSLETTER, letters)
    carts = _no_carts()
    if not has_no_left_carts(world.settings.left_carts):
        carts = leave_carts(where, people, found, wanting, story.orders())
    story.add(carts.caused, carts.prevented)
    sent = _still_silent(world, sent, story.more().filter(pl.col("message").is_not_null()))
    backs = _until_next(world, spans_of(world, block, found, sent, WIN_BACK), story.orders(), carts.carts)
    story.change(WIN_BACK, backs)
    placed = _placed(story)
    prevented = pl.concat(story.prevented)
    kept = _without_thanks(sent, orders, prevented)
    return Acts(
        placed,
        prevented,
        pl.concat([kept, carts.mails.select(_SENT), _thanks(world, placed, wanting)]),
        unsubscribed,
        wanting,
        assigned,
        _with_orders(carts.carts, placed),
        rates,
        (letters, backs) if has_effects(world.settings.messaging) else (),
    )


def _with_orders(carts: pl.DataFrame, placed: pl.DataFrame) -> pl.DataFrame:
    """The carts, each with the order that its mail caused, if it did."""
    caused = placed.filter(pl.col("message").is_not_null()).select("message", "order")
    return carts.join(caused, on="message", how="left", maintain_order="left")


def _wanting(world: World, people: pl.DataFrame, unsubscribed: pl.DataFrame) -> pl.DataFrame:
    ends = people.select("person", "withdrawn_at").join(
        unsubscribed.select("person", "at"), on="person", how="left", maintain_order="left"
    )
    until = pl.min_horizontal("withdrawn_at", "at").fill_null(world.clock.end)
    return (
        readers(people)
        .select("person")
        .join(ends.select("person", until=until), on="person", maintain_order="left")
    )


def _no_carts() -> LeftCarts:
    numbers = dict.fromkeys(("cart", "person", "site", "left_at", "message"), pl.Int64)
    none = {
        "message_id": pl.Int64,
        "person": pl.Int64,
        "sent_at": pl.Int64,
        "campaign": pl.String,
        "trigger": pl.String,
    }
    caused, prevented = pl.DataFrame(schema=CAUSED), pl.DataFrame(schema=PREVENTED)
    return LeftCarts(pl.DataFrame(schema=numbers), pl.DataFrame(schema=none), caused, prevented)


def _still_silent(world: World, sent: pl.DataFrame, caused: pl.DataFrame) -> pl.DataFrame:
    """Messages without the win-backs to those whom a message has brought back before."""
    silence = world.settings.sales.care.win_back_after_days * DAY
    last = caused.select("person", last_at="ordered_at").sort("last_at")
    found = sent.sort("sent_at", maintain_order=True).join_asof(
        last, left_on="sent_at", right_on="last_at", by="person", check_sortedness=False
    )
    is_late = (pl.col("trigger") == WIN_BACK) & (pl.col("sent_at") - pl.col("last_at") < silence)
    return found.filter(~is_late.fill_null(value=False)).drop("last_at").sort("message_id")


def _until_next(world: World, spans: Spans, orders: pl.DataFrame, carts: pl.DataFrame) -> Spans:
    """Who has come back by an order, or left a cart, needs no winning back from that day on."""
    days = carts.select(
        "person",
        pl.Series(
            "next",
            world.clock.local_day(carts["site"].to_numpy(), carts["left_at"].to_numpy()),
            dtype=pl.Int64,
        ),
    )
    events = pl.concat([orders.select("person", next="day"), days]).sort("next")
    rows = pl.DataFrame({"person": spans.person, "first": spans.first}).with_row_index("row").sort("first")
    found = rows.join_asof(
        events, left_on="first", right_on="next", by="person", strategy="forward", check_sortedness=False
    ).sort("row")["next"]
    following = found.fill_null(world.clock.days).to_numpy()
    return replace(spans, end=np.where(spans.change > 0, np.minimum(spans.end, following), spans.end))


def _placed(story: _Story) -> pl.DataFrame:
    rows = story.more().sort("person", "ordered_at", "message", "experiment")
    nth = rows.select(pl.int_range(pl.len()).over("person")).to_series()
    if nth.len() and int(nth.max()) >= _CAUSED_PER_PERSON:  # type: ignore[arg-type]
        raise MandjeError(
            "messages and experiments make somebody order too often",
            expected=f"at most {_CAUSED_PER_PERSON} orders more of a customer",
            next_step="lower the factors under [messaging] and [[experiments]] in simulation.toml",
        )
    return rows.select(
        (rows["person"] * _CAUSED_PER_PERSON + nth + _CAUSED_ORDERS).alias("order"),
        "person", "number", "site", "civil_at", "ordered_at", "day",
        pl.Series("spend_cents", spends(story.world, story.block, story.people, rows), dtype=pl.Int64),
        pl.lit("online").alias("channel"),
        pl.lit("fulfilled").alias("status"),
        pl.lit(value=True).alias("shows_customer"),
        pl.lit(value=True).alias("shows_email"),
        "message", "experiment",
    )  # fmt: skip


def _without_thanks(sent: pl.DataFrame, orders: pl.DataFrame, prevented: pl.DataFrame) -> pl.DataFrame:
    """Messages without thanks for orders that do not take place."""
    gone = orders.join(prevented, on=["person", "number"], how="semi").select(
        "person", sent_at=pl.col("ordered_at") + _THANKS_AFTER, trigger=pl.lit(THANKS)
    )
    left = sent.join(gone, on=["person", "sent_at", "trigger"], how="anti", maintain_order="left")
    return left.select(_SENT)


def _thanks(world: World, placed: pl.DataFrame, wanting: pl.DataFrame) -> pl.DataFrame:
    """Thanks for orders that messages brought."""
    rows = placed.filter(pl.col("message").is_not_null()).join(wanting, on="person", maintain_order="left")
    sent_at = pl.col("ordered_at") + _THANKS_AFTER
    number = pl.int_range(pl.len()).over("person")
    return (
        rows.with_columns(sent_at=sent_at)
        .filter(pl.col("sent_at") < pl.min_horizontal("until", world.clock.end))
        .select(
            (pl.col("person") * MESSAGES_PER_PERSON + number + _CAUSED_THANKS).alias("message_id"),
            "person",
            "sent_at",
            pl.lit("after_order").alias("campaign"),
            pl.lit(THANKS).alias("trigger"),
        )
    )


def all_sent(world: World, acts: Acts, returned: pl.DataFrame) -> pl.DataFrame:
    """Messages that are sent, those about carts too that become orders by themselves (`returned_carts`)."""
    if has_no_left_carts(world.settings.left_carts):
        return acts.sent
    return pl.concat([acts.sent, mails_of(world, acts.wanting, returned, RETURNED).select(_SENT)])


def changes_orders(world: World) -> bool:
    """Whether there can be orders that are caused or prevented."""
    settings = world.settings
    is_by_messages = has_effects(settings.messaging) or not has_no_left_carts(settings.left_carts)
    return is_by_messages or bool(settings.experiments)


def order_experiment_sums(world: World, acts: Acts, purchases: pl.DataFrame) -> pl.DataFrame:
    """See `experiment_sums`."""
    caused = acts.placed.filter(pl.col("experiment").is_not_null())
    prevented = acts.prevented.filter(pl.col("experiment").is_not_null()).join(
        purchases.select("person", "number", "day"), on=["person", "number"], maintain_order="left"
    )
    return experiment_sums(world, acts.rates, windows(world, acts.assigned), caused, prevented)
