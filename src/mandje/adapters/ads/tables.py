"""The contract of reports of advertising cost: one row per day and campaign, or finer, and rows of totals."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from mandje.adapters.ads.words import TOTAL, Words, all_names, names
from mandje.adapters.base import Kind
from mandje.contracts.columns import ZERO
from mandje.contracts.parts import Part
from mandje.contracts.types import Column, ColumnType, MoneyRule, Table

REPORT = "report"
_CODE = "^[A-Z]{3}$"


def report_table(languages: Sequence[Words]) -> Table:
    """The table of a network's reports; a report, one file, is a document: its total holds for all of it."""
    at = {name: all_names(languages, name) for name in Words.__slots__}

    def own(name: str, kind: ColumnType, unit: str, description: str) -> Column:
        first, *others = at[name]
        return Column(name, kind, unit, description, nullable=True, at=first, aliases=tuple(others))

    counts = (own(name, "integer", "count", f"{name.capitalize()}.") for name in ("clicks", "impressions"))
    cost = own("cost", "decimal", "money, currency_code, without tax", "Money spent.")
    code = own("currency", "text", "ISO 4217 code", "Currency of the cost.")
    until = [own("until", "date", "day", "Last day that the row tells of.")] if at["until"] else []
    return Table(
        REPORT,
        "One row per day and campaign, or finer; and rows of totals.",
        (
            own("day", "date", "day", "Day on the account's clock; none in a row of totals."),
            Column(
                "total",
                "text",
                "text",
                "What a row of totals has in place of a day.",
                nullable=True,
                pattern=TOTAL,
                moved_from="day",
            ),
            own("campaign", "text", "text", "Campaign."),
            replace(cost, nullable=False, minimum=ZERO, millionths=at["millionths"]),
            replace(code, name="currency_code", pattern=_CODE, in_name_of="cost"),
            *(replace(count, minimum=ZERO) for count in counts),
            *until,
        ),
        document="delivery_file",
        money=MoneyRule(("cost",), sign=-1),
        part=Part(REPORT),
        open=True,
    )


def report_kinds(title: str, languages: Sequence[Words], further: str) -> tuple[Kind, ...]:
    """How a network's reports are known, in each language: by their names of day, campaign and cost.

    `further`: columns that they have and that are not read.
    """
    own = (name for column in Words.__slots__ for name in all_names(languages, column))
    known = frozenset((*own, *names(further)))
    needed = dict.fromkeys(each for one in languages for each in one.needed())
    return tuple(Kind(REPORT, title, "csv", each, known) for each in needed)
