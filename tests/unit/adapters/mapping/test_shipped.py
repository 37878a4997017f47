"""The mappings that come with Mandje, each on a small sample of what it reads."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

from command_line import told
from mandje.adapters.recognise import recognise
from mandje.shop.settings import load_shop
from mapped_shop import SHOP_TOML, Tried, tried
from repository import ROOT

LIGHTSPEED = """\
Ordernummer;Besteldatum;E-mailadres;Status;Verzendkosten;Btw-tarief;Totaal;Artikelcode;EAN;Aantal;\
Regeltotaal incl.;Korting incl.;Aantal retour;Retourdatum;Retourbedrag incl.;Voornaam
1001;01-03-2026 09:30;noor@example.org;Afgerond;4,84;21;27,83;MOK;;1;24,20;1,21;;;;Noor
1002;02-03-2026 23:59;lena@example.org;Betaald;0,00;9;32,70;;871;3;10,90;;1;05-03-2026;3,27;Lena
1002;02-03-2026 23:59;lena@example.org;Betaald;0,00;9;32,70;PEN;;1;21,80;;0;;;Lena
"""
PAGE = {
    "emails": [
        {
            "campaign_id": "c1",
            "email_id": "0c83f57c786a0b4a39efab23731c7ebc",
            "email_address": "Noor@example.org",
            "activity": [
                {"action": "open", "timestamp": "2026-03-02T09:00:00+00:00", "ip": "203.0.113.5"},
                {"action": "click", "timestamp": "2026-03-02T09:01:00+00:00", "url": "https://x.nl/?SECRET"},
            ],
        },
        {"campaign_id": "c1", "email_id": "ab", "email_address": "lena@example.org", "activity": []},
    ],
    "campaign_id": "c1",
    "total_items": 2,
}
FLAT = """\
action,campaign_id,email_id,timestamp,email_address,ip
bounce,c1,0c83,2026-03-01T08:00:00Z,noor@example.org,203.0.113.5
print,c1,0c83,2026-03-01T08:00:00Z,noor@example.org,203.0.113.5
"""
TRANSACTIONS = """\
id,order_id,refund_id,amount,created_at,processed_at,gateway,currency,kind,status
1,501,,41.50,2026-02-27 16:05:37.000 ,2026-02-27 16:05:37.000 ,paypal,USD,sale,success
2,501,77,10.00,2026-02-28 16:05:37.000,2026-02-28 16:05:37.000,paypal,USD,refund,success
3,502,,9.00,2026-02-28 16:05:37.000,2026-02-28 16:05:37.000,paypal,USD,sale,failure
4,502,,9.00,2026-02-28 16:05:37.000,2026-02-28 16:05:37.000,paypal,USD,authorization,success
"""
CUSTOMERS = """\
id,first_name,last_name,email,created_at,updated_at,accepts_marketing
7,Noor,Bakker,noor@example.org,2026-01-11 13:26:15.000 ,2026-01-11 13:26:15.000 ,TRUE
8,Lena,Wit,,2026-01-12 13:26:15.000,2026-01-12 13:26:15.000,FALSE
"""


def shipped(folder: Path, name: str, files: Mapping[str, str]) -> Tried:
    text = (ROOT / "src" / "mandje" / "mappings" / f"{name}.toml").read_text(encoding="utf-8")
    return tried(folder, text, files)


def test_lightspeed(tmp_path: Path) -> None:
    """1001: 20.00 − 1.00 + 4.00 of shipping, tax 4.20 − 0.21 + 0.84. 1002: 10.00 + 20.00, tax 2.70."""
    result = shipped(tmp_path, "lightspeed", {"export.csv": LIGHTSPEED})
    assert result.rejected == []
    assert result.rows("orders", "order_id", "status", "shipping_amount", "tax_amount", "total_amount") == [
        ("1001", "fulfilled", "4.00", "4.83", "27.83"),
        ("1002", "paid", "0.00", "2.70", "32.70"),
    ]
    assert result.rows(
        "order_lines", "order_id", "line_number", "product_id", "gross_amount", "discount_amount"
    ) == [
        ("1001", 1, "MOK", "20.00", "1.00"),
        ("1002", 1, "871", "10.00", "0.00"),
        ("1002", 2, "PEN", "20.00", "0.00"),
    ]
    assert result.rows(
        "returns", "return_id", "order_id", "product_id", "quantity", "refund_amount", "tax_amount"
    ) == [("R1002", "1002", "871", "1.00", "3.00", "0.27")]


def test_mailchimp(tmp_path: Path) -> None:
    result = shipped(tmp_path, "mailchimp", {"page-1.json": json.dumps([PAGE]), "flat.csv": FLAT})
    assert result.rows("message_events", "event_at", "kind", "campaign") == [
        (datetime(2026, 3, 1, 8, 0, tzinfo=UTC), "bounced", "c1"),
        (datetime(2026, 3, 2, 9, 0, tzinfo=UTC), "opened", "c1"),
        (datetime(2026, 3, 2, 9, 1, tzinfo=UTC), "clicked", "c1"),
    ]
    assert [row[1:3] for row in result.rejected] == [("action", "allowed")]


def test_a_message_of_an_address_holds_no_address(tmp_path: Path) -> None:
    result = shipped(tmp_path, "mailchimp", {"page-1.json": json.dumps([PAGE]), "flat.csv": FLAT})
    ids, addresses = (
        {one for (one,) in result.rows("message_events", name)} for name in ("message_id", "email_hash")
    )
    assert ids == {f"c1-{address}" for address in addresses}
    assert len(addresses) == 1
    texts = str([frame.rows() for frame in result.feeds.values()]) + str(result.rejected)
    assert [word for word in ("oor@", "0c83", "SECRET", "203.0") if word in texts] == []


def test_fivetran_shopify(tmp_path: Path) -> None:
    result = shipped(
        tmp_path, "fivetran_shopify", {"customer_data.csv": CUSTOMERS, "transaction_data.csv": TRANSACTIONS}
    )
    assert result.rejected == []
    assert result.rows("payments", "payment_id", "order_id", "amount") == [
        ("1", "501", "41.50"),
        ("2", "501", "-10.00"),
    ]
    assert result.rows("customers", "customer_id", "first_seen_at", "consent_marketing") == [
        ("7", datetime(2026, 1, 11, 13, 26, 15, tzinfo=UTC), True),
        ("8", datetime(2026, 1, 12, 13, 26, 15, tzinfo=UTC), False),
    ]
    assert result.destinations() == {
        ("customers", "customers"): (2, "0.00"),
        ("payments", "payments"): (1, "41.50"),
        ("payments", "skipped:no_payment"): (3, "0.00"),
        ("refunds", "payments"): (1, "-10.00"),
        ("refunds", "skipped:no_refund"): (3, "0.00"),
    }


def test_their_files_are_recognised(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text(LIGHTSPEED)
    (tmp_path / "b.csv").write_text(FLAT)
    (tmp_path / "c.csv").write_text(TRANSACTIONS)
    found = [recognise(tmp_path / name) for name in ("a.csv", "b.csv", "c.csv")]
    assert [one.adapter if one else None for one in found] == [
        "mapping:lightspeed",
        "mapping:mailchimp",
        "mapping:fivetran_shopify",
    ]


def test_init_makes_a_shop_that_reads_them(tmp_path: Path) -> None:
    export = tmp_path / "orders.csv"
    export.write_text(LIGHTSPEED)
    said = told("init", tmp_path / "shop", "--from", export)
    assert "lightspeed" in said
    shop = load_shop(tmp_path / "shop")
    source = shop.settings.sources["lightspeed"]
    assert (source.adapter, source.on_refused) == ("mapping:lightspeed", "stop")
    assert "the night would load it" in told("check", shop.folder)
    assert SHOP_TOML
