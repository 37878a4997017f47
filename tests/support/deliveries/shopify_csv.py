"""The shop of plants as the orders export of Shopify's admin writes it: 9 % tax in prices, but abroad."""

from __future__ import annotations

import csv
import io

Record = dict[str, str]
# Worked out by hand: (table, destination, currency) → (rows, money).
DESTINATIONS = {
    # The totals less charges, shipping and tax.
    ("lines", "order_lines", "EUR"): (10, "117.75"),
    ("lines", "order_lines", "USD"): (1, "24.00"),
    ("lines", "orders:other_charges_amount", "EUR"): (1, "1.50"),
    ("lines", "orders:other_charges_amount", "USD"): (1, "25.00"),
    # 59.95 + 21.12 + 29.43 + 10.90 + 16.35 + 3.00
    ("orders", "orders", "EUR"): (6, "140.75"),
    ("orders", "orders", "USD"): (1, "57.16"),
    ("shipping", "orders:shipping_amount", "EUR"): (2, "10.00"),
    ("shipping", "orders:shipping_amount", "USD"): (1, "5.00"),
    ("duties", "orders:other_charges_amount", "USD"): (1, "1.00"),
    # 4.95 + 1.62 + 2.43 + 0.90 + 1.35 + 0.25
    ("taxes", "orders:tax_amount", "EUR"): (6, "11.50"),
    ("taxes", "orders:tax_amount", "USD"): (1, "2.16"),
    ("refunds", "returns", "EUR"): (2, "-25.00"),
    ("refund_taxes", "returns:tax_amount", "EUR"): (2, "-2.25"),
}


def first(name: str, line: Record, **more: str) -> Record:
    """The first line of a paid order of the web shop; amounts that are not given are 0.00."""
    usual = {
        "Id": "90" + name.strip("#"),
        "Email": "lena@plants.example",
        "Financial Status": "paid",
        "Fulfillment Status": "fulfilled",
        "Currency": "EUR",
        "Payment Method": "iDEAL",
        "Source": "web",
    }
    amounts = ("Shipping", "Taxes", "Discount Amount", "Refunded Amount", "Duties")
    given = {key.replace("_", " "): value for key, value in more.items()}
    return further(name, line) | usual | dict.fromkeys(amounts, "0.00") | given


def further(name: str, line: Record) -> Record:
    """Another line of an order: only what Shopify repeats."""
    return {"Name": name, "Created at": "2027-05-01 23:30:00 +0200", "Vendor": "Plants"} | line


def line(name: str, price: str, quantity: int = 1, *, discount: str = "0.00", taxable: bool = True) -> Record:
    return {
        "Lineitem name": name,
        "Lineitem price": price,
        "Lineitem quantity": str(quantity),
        "Lineitem discount": discount,
        "Lineitem sku": name.upper() if taxable else "",
        "Lineitem taxable": str(taxable).lower(),
    }


def plant_export() -> list[Record]:
    """Seven orders: see the comments."""
    pot, fern = line("pot", "21.80"), line("fern", "10.90")
    cheap_pot = line("pot", "21.80", discount="2.18")
    back = "2027-05-02 10:00:00 +0200"
    return [
        # Three ferns, a pot and shipping; one fern's money back: 10.90 of 59.95 is 10.00 without tax.
        first(
            *("#31", line("fern", "10.90", 3)),
            Subtotal="54.50",
            Shipping="5.45",
            Taxes="4.95",
            Total="59.95",
            Refunded_Amount="10.90",
            Discount_Code="SPRING",
        ),
        further("#31", pot),
        # The store: a pot less 2.18, which is beside the Discount Amount; a tip, which no Subtotal has.
        first("#32", cheap_pot, Subtotal="19.62", Taxes="1.62", Total="21.12", Source="pos", Email=""),
        further("#32", line("Tip", "1.50", taxable=False)),
        # The same pot with a fern: the 2.18 is in the Discount Amount, and 1.09 is the order's own.
        first("#33", cheap_pot, Subtotal="29.43", Taxes="2.43", Total="29.43", Discount_Amount="3.27"),
        further("#33", fern),
        # Abroad: tax on top. A gift card is in the Subtotal, and no sale of goods.
        first(
            *("#34", line("seed", "8.00", 3)),
            Subtotal="49.00",
            Shipping="5.00",
            Taxes="2.16",
            Duties="1.00",
            Total="57.16",
            Currency="USD",
            Fulfillment_Status="partial",
        ),
        further("#34", line("Gift card - 25", "25.00", taxable=False)),
        first("#35", fern, Subtotal="10.90", Taxes="0.90", Total="10.90", Payment_Method="bogus"),
        # Cancelled, and all of it given back.
        first(
            *("#36", fern),
            Subtotal="10.90",
            Shipping="5.45",
            Taxes="1.35",
            Total="16.35",
            Refunded_Amount="16.35",
            Cancelled_at=back,
        ),
        # 0.25 on three equal lines: 0.08 each, and the first bears the cent that is left.
        first("#37", line("bulb", "1.00"), Subtotal="3.00", Taxes="0.25", Total="3.00"),
        further("#37", line("bulb", "1.00")),
        further("#37", line("bulb", "1.00")),
    ]


def as_csv(records: list[Record]) -> str:
    """The records with a header of all names, and one that nobody reads."""
    names = dict.fromkeys(name for record in records for name in record) | {"Billing Street": None}
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, fieldnames=list(names), restval="")
    writer.writeheader()
    writer.writerows(record | {"Billing Street": "Verzonnen 1,\n2nd floor"} for record in records)
    return text.getvalue()
