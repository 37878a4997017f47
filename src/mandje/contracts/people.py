"""Who the customers are, and what the shop said to them."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

from mandje.contracts.columns import (
    CUSTOMER,
    EMAIL_HASH,
    choice_column,
    currency_column,
    flag_column,
    id_column,
    key_column,
    money_column,
    text_column,
    time_column,
)
from mandje.contracts.types import Column, MoneyRule, Table

CUSTOMERS = Table(
    "customers",
    "One row per customer known to the shop.",
    (
        key_column("customer_id", "Customer."),
        EMAIL_HASH,
        time_column("first_seen_at", "When the shop first knew the customer."),
        Column(
            "birth_year",
            "integer",
            "year",
            "Year of birth.",
            nullable=True,
            minimum=Decimal(1900),
            maximum=Decimal(2100),
        ),
        text_column("gender", "Gender as the customer gave it."),
        text_column("country_code", "ISO 3166 country, or the source's own name of it."),
        text_column("postal_area", "First part of the postal code."),
        flag_column("consent_marketing", "Agreed to messages."),
        flag_column("consent_profiling", "Agreed to be profiled (predictions)."),
    ),
    optional=True,
)

SERVICE_CONTACTS = Table(
    "service_contacts",
    "One row per contact of a customer with the shop's service.",
    (
        key_column("contact_id", "Contact."),
        id_column("customer_id", "Customer."),
        time_column("contacted_at", "When."),
        text_column("channel", "Telephone, e-mail, chat, …", nullable=False),
        text_column("topic", "Topic."),
        id_column("order_id", "Order concerned.", nullable=True),
        currency_column("currency_code", "Currency of cost_amount.", nullable=True),
        money_column("cost_amount", "What the contact cost the shop.", nullable=True),
    ),
    optional=True,
    money=MoneyRule(("cost_amount",), sign=-1),
)

MESSAGES = Table(
    "messages",
    "One row per message sent to a customer.",
    (
        key_column("message_id", "Message."),
        CUSTOMER,
        EMAIL_HASH,
        time_column("sent_at", "When it was sent; empty where an event tells it.", nullable=True),
        text_column("channel", "E-mail, push, letter, …", nullable=False),
        text_column("campaign", "Campaign."),
        text_column("trigger", "What set it off."),
        time_column("opened_at", "When it was opened.", nullable=True),
        time_column("clicked_at", "When it was clicked.", nullable=True),
    ),
    optional=True,
    one_of=(("customer_id", "email_hash"),),
)

MESSAGE_EVENT_KINDS = ("sent", "opened", "opened_by_machine", "clicked", "bounced", "unsubscribed")

MESSAGE_EVENTS = Table(
    "message_events",
    "One row per thing that happened to a message, whether or not messages has a row of it.",
    (
        key_column("message_id", "Message."),
        replace(choice_column("kind", "What happened.", MESSAGE_EVENT_KINDS), key=True),
        key_column("event_at", "When it happened.", "timestamp", "UTC timestamp"),
        text_column("channel", "E-mail, push, letter, …"),
        text_column("campaign", "Campaign."),
        text_column("trigger", "What set it off."),
        CUSTOMER,
        EMAIL_HASH,
    ),
    optional=True,
)
