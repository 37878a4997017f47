"""The fifteen canonical feeds: what Mandje understands, whatever a shop's own exports look like.

One definition drives strict parsing, the raw schema, the documentation and the drift test. Timestamps are
UTC with microseconds; money is DECIMAL(18,4), in `currency_code`, without tax unless the name says `tax_`.
"""

from __future__ import annotations

from mandje.contracts.handling import FULFILMENTS, PAYMENTS
from mandje.contracts.people import CUSTOMERS, MESSAGE_EVENTS, MESSAGES, SERVICE_CONTACTS
from mandje.contracts.reference import EXCHANGE_RATES, PRODUCTS
from mandje.contracts.sales import ADJUSTMENTS, ORDER_LINES, ORDERS, RETURNS
from mandje.contracts.types import Table
from mandje.contracts.visits import AD_SPEND, EXPERIMENT_ASSIGNMENTS, SESSION_EVENTS

FEEDS: dict[str, Table] = {
    table.name: table
    for table in (
        ORDERS,
        ORDER_LINES,
        RETURNS,
        ADJUSTMENTS,
        PAYMENTS,
        FULFILMENTS,
        SESSION_EVENTS,
        CUSTOMERS,
        PRODUCTS,
        AD_SPEND,
        SERVICE_CONTACTS,
        MESSAGES,
        MESSAGE_EVENTS,
        EXPERIMENT_ASSIGNMENTS,
        EXCHANGE_RATES,
    )
}
