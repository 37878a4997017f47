"""What makes customers act, planted where it is set: messages, mails about carts, experiments."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, field_validator, model_validator

from mandje.simulate.settings.base import Days, Name, Ratio, Strict, Weight

# By what rates of ordering are multiplied.
Factor = Annotated[float, Field(ge=0, le=5)]
# An order by a mail comes up to 10 hours after it, and within 7 days of the cart.
Hours = Annotated[int, Field(ge=1, le=156)]


class Groups(Strict):
    """How customers react to messages: weights of the groups.

    Persuadables order more for a while after a message, sleeping dogs less: their rate of ordering is
    multiplied by `sleeping_factor`. Sure things and lost causes do not mind; the first of them are those who
    order more often. Persuadables are `young_factor` times as frequent among those who tell in their account
    that they were under 45 on the first day.
    """

    persuadable: Weight = 35
    sure_thing: Weight = 25
    lost_cause: Weight = 25
    sleeping_dog: Weight = 15
    sleeping_factor: Annotated[float, Field(ge=0, le=1)] = 0.7
    young_factor: Annotated[float, Field(ge=0.1, le=10)] = 1.5

    @model_validator(mode="after")
    def _are_some(self) -> Self:
        if not self.persuadable + self.sure_thing + self.lost_cause + self.sleeping_dog:
            raise ValueError("one weight at least of the groups must be above 0")
        return self


class Messaging(Strict):
    """What messages do, and who wants none any more; nothing unless set.

    Attributes:
        newsletter_factor, win_back_factor: by what the rate of ordering of persuadables is multiplied after a
            newsletter, and after a win-back; 1 plants nothing.
        effect_days: so many days, from the day after the message.
        tired_after, tired_ratio: of the effect, what is left for each message more than so many in 30 days.
        unsubscribed_ratio: of messages, those after which the reader wants no more of them; and
            `tired_unsubscribed_ratio` more for each message more than `tired_after`.
        withdrawn_per_year: of customers who agreed to messages, those who withdraw it in their account.
        delivered: when the feeds of messages come, "weekly" or "daily".
    """

    newsletter_factor: Factor = 1.0
    win_back_factor: Factor = 1.0
    effect_days: Annotated[int, Field(ge=1, le=60)] = 7
    tired_after: Annotated[int, Field(ge=0, le=100)] = 2
    tired_ratio: Ratio = 0.5
    unsubscribed_ratio: Ratio = 0.0
    tired_unsubscribed_ratio: Ratio = 0.0
    withdrawn_per_year: Ratio = 0.0
    delivered: Literal["weekly", "daily"] = "weekly"
    groups: Groups = Groups()


class LeftCarts(Strict):
    """Carts that known customers leave, and mails about them; nothing unless `per_customer_year` is above 0.

    Attributes:
        per_customer_year: of a customer with an account, a year, beside carts that become orders anyway.
        mail_hours: when mails go out after the cart was left, until an order comes, to who agreed to them.
        mail_ratios: of persuadables who would not come back, those who order by the first, second and third.
        waiting_ratio, waited_ratio: of customers, those who wait for the incentive of the third mail; of
            their carts, those that they order then, and none before. So many of their own orders they put
            off in the same way.
    """

    per_customer_year: Annotated[float, Field(ge=0, le=50)] = 0.0
    mail_hours: tuple[Hours, Hours, Hours] = (1, 24, 72)
    mail_ratios: tuple[Ratio, Ratio, Ratio] = (0.03, 0.05, 0.08)
    waiting_ratio: Ratio = 0.05
    waited_ratio: Ratio = 0.6

    @field_validator("mail_hours")
    @classmethod
    def _ascend(cls, hours: tuple[int, int, int]) -> tuple[int, int, int]:
        if list(hours) != sorted(set(hours)):
            raise ValueError(
                f"each mail later than the one before, but they are {', '.join(map(str, hours))}"
            )
        return hours


class OrderExperiment(Strict):
    """An experiment on everybody with an account: what it makes of the rate of ordering.

    Attributes:
        name: its id.
        begins_before_end_days: when it begins; who makes an account later is assigned then.
        treatment_ratio: of customers, those treated.
        order_factor: by what their rate of ordering is multiplied, from the day after; 1 is none.
        kept_ratio: of the effect, what is left of it 30 days later, and again every 30 days.
        lost_ratio: of assignments of those treated, those that no export tells.
    """

    name: Name
    begins_before_end_days: Days = 120
    treatment_ratio: Ratio = 0.5
    order_factor: Factor = 1.0
    kept_ratio: Ratio = 1.0
    lost_ratio: Ratio = 0.0


def is_silent(messaging: Messaging) -> bool:
    """Whether messages do nothing, go on to be wanted, and come once a week."""
    return not has_effects(messaging) and messaging.delivered == "weekly" and not ends_consent(messaging)


def has_effects(messaging: Messaging) -> bool:
    """Whether messages change orders."""
    return (messaging.newsletter_factor, messaging.win_back_factor) != (1.0, 1.0)


def ends_consent(messaging: Messaging) -> bool:
    """Whether anybody wants messages no more."""
    ratios = (messaging.unsubscribed_ratio, messaging.tired_unsubscribed_ratio, messaging.withdrawn_per_year)
    return any(ratios)


def has_no_left_carts(carts: LeftCarts) -> bool:
    """Whether nothing of it is planted."""
    return carts.per_customer_year == 0


def is_empty(experiments: tuple[OrderExperiment, ...]) -> bool:
    """Whether there is none."""
    return not experiments
