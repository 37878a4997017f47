"""The sections of the page, in the order of a morning."""

from __future__ import annotations

from collections.abc import Callable

from mandje.report.section import Report, Section
from mandje.report.sections.carts import carts
from mandje.report.sections.changed import changed
from mandje.report.sections.channels import channels
from mandje.report.sections.customers import customers
from mandje.report.sections.forecasts import forecasts
from mandje.report.sections.funnel import funnel
from mandje.report.sections.moved import moved
from mandje.report.sections.returns import returns
from mandje.report.sections.sales import sales
from mandje.report.sections.tiles import tiles
from mandje.report.sections.whole import whole

SECTIONS: tuple[Callable[[Report], Section], ...] = (
    changed,
    tiles,
    sales,
    funnel,
    carts,
    customers,
    channels,
    returns,
    moved,
    whole,
    forecasts,
)
