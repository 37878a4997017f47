"""The twelve canonical feeds: what Mandje understands, whatever a shop's own exports look like.

One definition drives strict parsing, the raw schema, the documentation and the drift test. Timestamps are
UTC with microseconds; money is DECIMAL(18,4), in `currency_code`, without tax unless the name says `tax_`.
"""

from __future__ import annotations

from decimal import Decimal

from mandje.contracts.types import Column, ColumnType, MoneyRule, Table

ZERO = Decimal(0)

SALES_CHANNELS = ("online", "store", "phone", "marketplace")
ORDER_STATUSES = ("pending", "paid", "fulfilled", "cancelled", "failed", "test")
ADJUSTMENT_KINDS = (
    "shipping_refund",
    "charge_refund",
    "discount",
    "price_correction",
    "shop_cost",
    "bad_debt",
)
EVENT_TYPES = (
    "page_view",
    "product_view",
    "search",
    "add_to_cart",
    "remove_from_cart",
    "begin_checkout",
    "add_shipping",
    "add_payment",
    "checkout_error",
    "purchase",
)


def _key(name: str, description: str, kind: ColumnType = "text", unit: str = "id") -> Column:
    return Column(name, kind, unit, description, key=True)


def _id(name: str, description: str, *, nullable: bool = False) -> Column:
    return Column(name, "text", "id", description, nullable=nullable)


def _text(name: str, description: str, *, nullable: bool = True) -> Column:
    return Column(name, "text", "text", description, nullable=nullable)


def _choice(name: str, description: str, allowed: tuple[str, ...]) -> Column:
    return Column(name, "text", "one of: " + ", ".join(allowed), description, allowed=allowed)


def _time(name: str, description: str, *, nullable: bool = False) -> Column:
    return Column(name, "timestamp", "UTC timestamp", description, nullable=nullable)


def _money(name: str, description: str, *, nullable: bool = False, signed: bool = False) -> Column:
    unit = "money, currency_code, without tax"
    return Column(name, "decimal", unit, description, nullable=nullable, minimum=None if signed else ZERO)


def _count(name: str, description: str, *, nullable: bool = True) -> Column:
    return Column(name, "integer", "count", description, nullable=nullable, minimum=ZERO)


def _flag(name: str, description: str) -> Column:
    return Column(name, "boolean", "true or false", description, nullable=True)


CURRENCY = Column("currency_code", "text", "ISO 4217 code", "Currency of every amount in the row.")
SITE = Column("site", "text", "site name", "Site of the shop, as named in shop.toml.")
UPDATED_AT = _time("updated_at", "When the source last changed the row; the greatest wins.", nullable=True)
EMAIL_HASH = Column(
    "email_hash",
    "text",
    "HMAC-SHA256, 64 hex digits",
    "Hash of the trimmed, lower-cased e-mail address; the address itself is never written.",
    nullable=True,
    personal=True,
    is_email=True,
)
CUSTOMER = _id("customer_id", "Customer known to the shop.", nullable=True)

ORDERS = Table(
    "orders",
    "One row per order: the header of the document whose lines are in order_lines.",
    (
        _key("order_id", "Order."),
        _time("ordered_at", "When the order was placed."),
        UPDATED_AT,
        CUSTOMER,
        EMAIL_HASH,
        _id("visitor_id", "Visitor (browser or device) that placed the order.", nullable=True),
        SITE,
        _choice("sales_channel", "Where the order was placed.", SALES_CHANNELS),
        _choice("status", "State of the order; paid and fulfilled count.", ORDER_STATUSES),
        CURRENCY,
        _money("discount_amount", "Discount that no line carries."),
        _money("shipping_amount", "Shipping charged to the customer."),
        _money("shipping_cost_amount", "What shipping cost the shop.", nullable=True),
        _money("other_charges_amount", "Other charges to the customer (fees, manual lines).", signed=True),
        Column("tax_amount", "decimal", "money, currency_code", "Tax on the whole order.", minimum=ZERO),
        Column(
            "total_amount",
            "decimal",
            "money, currency_code, with tax",
            "What the customer was asked to pay: lines − discounts + shipping + other charges + tax.",
        ),
        _text("coupon_code", "Coupon used."),
    ),
    document="order_id",
    money=MoneyRule(("total_amount",)),
)

ORDER_LINES = Table(
    "order_lines",
    "One row per line of an order.",
    (
        _key("order_id", "Order."),
        _key("line_number", "Number of the line in its order.", "integer", "number"),
        UPDATED_AT,
        _id("product_id", "Product sold."),
        Column(
            "quantity",
            "decimal",
            "units",
            "Units sold, more than 0.",
            minimum=ZERO,
            minimum_exclusive=True,
        ),
        CURRENCY,
        _money("unit_price_amount", "Price of one unit before discounts."),
        _money("discount_amount", "Discount on the whole line."),
        _money("unit_cost_amount", "What one unit cost the shop.", nullable=True),
    ),
    document="order_id",
    money=MoneyRule(("quantity", "unit_price_amount"), less="discount_amount"),
)

RETURNS = Table(
    "returns",
    "One row per line of a return; positive when the shop gives money back.",
    (
        _key("return_id", "Return."),
        _key("line_number", "Number of the line in its return.", "integer", "number"),
        UPDATED_AT,
        _id("order_id", "Order that is returned, where the shop can tell.", nullable=True),
        CUSTOMER,
        SITE,
        _id("product_id", "Product returned."),
        _time("returned_at", "When the return was booked."),
        Column("quantity", "decimal", "units", "Units returned; negative takes a return back."),
        CURRENCY,
        _money("refund_amount", "Money given back for goods only; negative takes it back.", signed=True),
        _text("reason", "Reason given."),
        _money("handling_cost_amount", "What handling the return cost the shop.", nullable=True),
    ),
    document="return_id",
    money=MoneyRule(("refund_amount",), sign=-1),
)

ADJUSTMENTS = Table(
    "adjustments",
    "One row per correction that is neither a sale nor returned goods; positive = money given back or lost.",
    (
        _key("adjustment_id", "Adjustment."),
        _time("adjusted_at", "When the adjustment was booked."),
        _id("order_id", "Order it belongs to, where known.", nullable=True),
        CUSTOMER,
        SITE,
        _choice("kind", "What the adjustment is; shop_cost and bad_debt are costs.", ADJUSTMENT_KINDS),
        CURRENCY,
        _money("amount", "Money given back or lost; negative takes it.", signed=True),
    ),
    optional=True,
    money=MoneyRule(("amount",), sign=-1),
)

SESSION_EVENTS = Table(
    "session_events",
    "One row per event of a visit to a site.",
    (
        _key("event_id", "Event."),
        _time("event_at", "When it happened."),
        _id("visitor_id", "Visitor (browser or device)."),
        _id("native_session_id", "The source's own session, kept for reference.", nullable=True),
        CUSTOMER,
        _choice("event_type", "What happened.", EVENT_TYPES),
        SITE,
        _text("host", "Host that served the page."),
        _text("page_path", "Path of the page, without query string.", nullable=False),
        _text("page_type", "Kind of page."),
        _text("referrer_host", "Host that the visitor came from."),
        _text("source", "Traffic source."),
        _text("medium", "Traffic medium."),
        _text("campaign", "Campaign."),
        _text("keyword", "Paid or organic keyword."),
        _text("click_id_type", "Kind of click id (gclid, fbclid, …), never the id."),
        _text("device_category", "Desktop, mobile, tablet."),
        _text("country_code", "ISO 3166 country of the visitor."),
        _flag("is_bot", "The source marks the event as a robot's."),
        _id("product_id", "Product concerned.", nullable=True),
        Column("quantity", "decimal", "units", "Units concerned; missing = 1.", nullable=True, minimum=ZERO),
        Column("currency_code", "text", "ISO 4217 code", "Currency of value_amount.", nullable=True),
        _money("value_amount", "Value that the event carries.", nullable=True, signed=True),
        _text("search_term", "What was searched for."),
        _text("error_code", "Error shown."),
        _id("cart_id", "The source's own cart.", nullable=True),
        _id("order_id", "Order placed by this event.", nullable=True),
    ),
    optional=True,
)

CUSTOMERS = Table(
    "customers",
    "One row per customer known to the shop.",
    (
        _key("customer_id", "Customer."),
        EMAIL_HASH,
        _time("first_seen_at", "When the shop first knew the customer."),
        Column(
            "birth_year",
            "integer",
            "year",
            "Year of birth.",
            nullable=True,
            minimum=Decimal(1900),
            maximum=Decimal(2100),
        ),
        _text("gender", "Gender as the customer gave it."),
        _text("country_code", "ISO 3166 country, or the source's own name of it."),
        _text("postal_area", "First part of the postal code."),
        _flag("consent_marketing", "Agreed to messages."),
        _flag("consent_profiling", "Agreed to be profiled (predictions)."),
    ),
    optional=True,
)

PRODUCTS = Table(
    "products",
    "One row per product.",
    (
        _key("product_id", "Product."),
        _text("name", "Name.", nullable=False),
        _text("category", "Category.", nullable=False),
        _text("brand", "Brand."),
        Column("currency_code", "text", "ISO 4217 code", "Currency of the amounts.", nullable=True),
        _money("unit_cost_amount", "What one unit costs the shop.", nullable=True),
        _money("list_price_amount", "List price of one unit.", nullable=True),
    ),
    optional=True,
)

AD_SPEND = Table(
    "ad_spend",
    "One row per day, site, source, medium and campaign.",
    (
        _key("spend_date", "Local day of the site.", "date", "date"),
        _key("site", "Site of the shop, as named in shop.toml.", unit="site name"),
        _key("source", "Traffic source.", unit="text"),
        _key("medium", "Traffic medium.", unit="text"),
        _key("campaign", "Campaign.", unit="text"),
        CURRENCY,
        _money("cost_amount", "Money spent."),
        _count("clicks", "Clicks."),
        _count("impressions", "Impressions."),
    ),
    optional=True,
    money=MoneyRule(("cost_amount",), sign=-1),
)

SERVICE_CONTACTS = Table(
    "service_contacts",
    "One row per contact of a customer with the shop's service.",
    (
        _key("contact_id", "Contact."),
        _id("customer_id", "Customer."),
        _time("contacted_at", "When."),
        _text("channel", "Telephone, e-mail, chat, …", nullable=False),
        _text("topic", "Topic."),
        _id("order_id", "Order concerned.", nullable=True),
        Column("currency_code", "text", "ISO 4217 code", "Currency of cost_amount.", nullable=True),
        _money("cost_amount", "What the contact cost the shop.", nullable=True),
    ),
    optional=True,
    money=MoneyRule(("cost_amount",), sign=-1),
)

MESSAGES = Table(
    "messages",
    "One row per message sent to a customer.",
    (
        _key("message_id", "Message."),
        _id("customer_id", "Customer."),
        _time("sent_at", "When it was sent."),
        _text("channel", "E-mail, push, letter, …", nullable=False),
        _text("campaign", "Campaign.", nullable=False),
        _text("trigger", "What set it off."),
        _time("opened_at", "When it was opened.", nullable=True),
        _time("clicked_at", "When it was clicked.", nullable=True),
    ),
    optional=True,
)

EXPERIMENT_ASSIGNMENTS = Table(
    "experiment_assignments",
    "One row per unit in an experiment.",
    (
        _key("experiment_id", "Experiment."),
        _key("unit_id", "Customer or visitor."),
        _text("variant", "Variant given.", nullable=False),
        _time("assigned_at", "When."),
    ),
    optional=True,
)

EXCHANGE_RATES = Table(
    "exchange_rates",
    "One row per day and pair of currencies.",
    (
        _key("rate_date", "Day of the rate.", "date", "date"),
        _key("from_currency", "Currency converted from.", unit="ISO 4217 code"),
        _key("to_currency", "Currency converted to.", unit="ISO 4217 code"),
        Column(
            "rate",
            "decimal",
            "units of to_currency per unit of from_currency",
            "Rate.",
            minimum=ZERO,
            minimum_exclusive=True,
        ),
    ),
    optional=True,
)

FEEDS: dict[str, Table] = {
    table.name: table
    for table in (
        ORDERS,
        ORDER_LINES,
        RETURNS,
        ADJUSTMENTS,
        SESSION_EVENTS,
        CUSTOMERS,
        PRODUCTS,
        AD_SPEND,
        SERVICE_CONTACTS,
        MESSAGES,
        EXPERIMENT_ASSIGNMENTS,
        EXCHANGE_RATES,
    )
}
