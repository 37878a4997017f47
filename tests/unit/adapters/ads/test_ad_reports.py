"""Reports of advertising cost as they are downloaded, against figures worked out by hand."""

from __future__ import annotations

import csv
import io
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from ad_reports import (
    FIRST,
    GOOGLE,
    GOOGLE_SPEND,
    META,
    META_SPEND,
    MICROSOFT,
    MICROSOFT_SPEND,
    SECOND,
)
from loaded_source import Loaded, loaded
from mandje.adapters import kinds_by_adapter
from mandje.adapters.recognise import recognise

SETTINGS = """
name = "ads"
reporting_currency = "EUR"
time_zone = "Europe/Amsterdam"
sites.nl = {{ time_zone = "Europe/Amsterdam", currency = "EUR" }}
sources.source = {{ adapter = "{adapter}"{more} }}
"""


def read(folder: Path, adapter: str, text: str | bytes, more: str = "") -> Loaded:
    return loaded(folder, SETTINGS.format(adapter=adapter, more=more), {"any name.csv": text})


def spend(found: Loaded) -> list[tuple[object, ...]]:
    return found.feed("ad_spend")


def rows_of(text: str, separator: str) -> list[list[str]]:
    return list(csv.reader(io.StringIO(text), delimiter=separator))


def written(rows: list[list[str]], separator: str, line_end: str) -> str:
    text = io.StringIO()
    csv.writer(text, delimiter=separator, lineterminator=line_end).writerows(rows)
    return text.getvalue()


def test_a_google_report_in_utf_16(tmp_path: Path) -> None:
    found = read(tmp_path, "google_ads", b"\xff\xfe" + GOOGLE.replace("\n", "\r\n").encode("utf-16-le"))
    assert spend(found) == GOOGLE_SPEND
    assert found.destinations() == {
        ("report", "ad_spend"): (4, Decimal("-2015.0000")),
        ("report", "skipped:total_row"): (2, Decimal("-4015.2500")),
    }


def test_a_meta_report_tells_its_currency_in_a_name(tmp_path: Path) -> None:
    found = read(tmp_path, "meta_ads", "\ufeff" + META)
    assert spend(found) == META_SPEND
    assert found.destinations() == {
        ("report", "ad_spend"): (2, Decimal("-43.0000")),
        ("report", "skipped:total_row"): (1, Decimal("-43.0000")),
    }


def test_a_microsoft_report_has_lines_before_and_after(tmp_path: Path) -> None:
    found = read(tmp_path, "microsoft_ads", MICROSOFT)
    assert spend(found) == MICROSOFT_SPEND
    assert found.destinations() == {("report", "ad_spend"): (2, Decimal("-16.0000"))}


@pytest.mark.parametrize("order", [[4, 0, 6, 2, 1, 5, 3], [1, 0, 2, 3, 4, 5, 6], [6, 5, 4, 3, 2, 1, 0]])
@pytest.mark.parametrize(("separator", "line_end"), [(";", "\r\n"), (",", "\n")])
def test_columns_may_stand_in_any_order(
    tmp_path: Path, order: list[int], separator: str, line_end: str
) -> None:
    rows = rows_of(GOOGLE, "\t")[2:]
    moved = [[*(row[place] for place in order), "?"] for row in rows]
    moved[0][-1] = "New column"
    found = read(tmp_path, "google_ads", "\ufeff" + written(moved, separator, line_end))
    assert spend(found) == GOOGLE_SPEND


def test_the_first_column_has_the_word_of_the_total(tmp_path: Path) -> None:
    """Google writes it into whatever column stands first, read or not."""
    for name, order in (("campaign", [1, 0, 3, 4, 5, 6]), ("type", [2, 0, 1, 3, 4, 5, 6])):
        rows = [[row[place] for place in order] for row in rows_of(GOOGLE, "\t")[2:]]
        totals = [
            [row[0], "--", *moved[2:]] for row, moved in zip(rows_of(GOOGLE, "\t")[7:], rows[5:], strict=True)
        ]
        found = read(tmp_path / name, "google_ads", written([*rows[:5], *totals], ",", "\n"))
        assert spend(found) == GOOGLE_SPEND
        assert found.destinations()["report", "skipped:total_row"][0] == 2


TRANSLATED = {
    "nl": """Dag;Campagne;Valutacode;Kosten;Vertoningen;Klikken
2026-03-01;Tea;EUR;2.000,25;20.400;410
1-3-2026;Mugs;EUR;10,50;700;9
15-2-2026;Old;EUR;1,00;1;1
Totaal: account;--;EUR;2.011,75;21.101;420
""",
    "de": """Tag,Kampagne,Währungscode,Kosten,Impr.,Klicks
2026-03-01,Tea,EUR,"2.000,25","20.400",410
2026-03-01,Mugs,EUR,"10,50",700,9
Gesamt: Konto,--,EUR,"2.010,75","21.100",419
""",
    "fr": """Jour;Campagne;Code de la devise;Coût;Impr.;Clics
2026-03-01;Tea;EUR;2 000,25;20 400;410
2026-03-01;Mugs;EUR;10,50;700;9
Total : compte;--;EUR;2 010,75;21 100;419
""".replace(" 0", "\u202f0").replace("20 4", "20\u00a04"),
    "api": """segments.date,campaign.name,metrics.cost_micros,metrics.impressions,metrics.clicks
2026-03-01,Tea,2000250000,20400,410
2026-03-01,Mugs,10500000,700,9
""",
}
META_TRANSLATED = {
    "nl": """Dag;Campagnenaam;Besteed bedrag (EUR);Weergaven;Klikken op links
2026-03-01;New | NL;30,25;5000;50
""",
    "de": """Tag;Kampagnenname;Ausgegebener Betrag (EUR);Impressionen;Link-Klicks
01.03.2026;New | NL;30,25;5000;50
31.01.2026;Old;0,00;0;0
""",
    "fr": """Jour,Nom de la campagne,Montant dépensé (EUR),Impressions,Clics sur un lien
2026-03-01,New | NL,30.25,5000,50
""",
    "api": """date_start,date_stop,campaign_name,spend,impressions,clicks,inline_link_clicks
2026-03-01,2026-03-01,New | NL,30.25,5000,90,50
""",
}


@pytest.mark.parametrize("language", TRANSLATED)
def test_names_and_numbers_are_in_the_language_of_the_account(tmp_path: Path, language: str) -> None:
    found = read(tmp_path, "google_ads", TRANSLATED[language])
    assert [row for row in spend(found) if row[0] == FIRST] == GOOGLE_SPEND[:2]
    assert found.rejected() == []


@pytest.mark.parametrize("language", META_TRANSLATED)
def test_meta_has_languages_too(tmp_path: Path, language: str) -> None:
    found = read(tmp_path, "meta_ads", META_TRANSLATED[language])
    assert [row for row in spend(found) if row[0] == FIRST] == META_SPEND[:1]


def test_days_with_the_month_first_are_settled_by_the_file(tmp_path: Path) -> None:
    text = MICROSOFT.replace('"2026-03-01"', '"3/1/2026"').replace('"2026-03-02"', '"2/28/2026"')
    assert [row[0] for row in spend(read(tmp_path, "microsoft_ads", text))] == [date(2026, 2, 28), FIRST]


def test_days_that_nothing_settles_are_rejected(tmp_path: Path) -> None:
    text = MICROSOFT.replace('"2026-03-01"', '"3/1/2026"').replace('"2026-03-02"', '"3/2/2026"')
    found = read(tmp_path, "microsoft_ads", text)
    assert spend(found) == []
    assert {(rule, "cannot be told apart" in str(reason)) for _, rule, reason in found.rejected()} == {
        ("type", True)
    }


def test_what_links_carry_and_the_site_are_options(tmp_path: Path) -> None:
    settings = SETTINGS.replace(
        "sites.nl", 'sites.uk = {{ time_zone = "Europe/London", currency = "GBP" }}\nsites.nl'
    )
    more = ', sites = { "*" = "uk" }, utm_source = "meta", utm_medium = "paid"'
    text = META.replace("Amount spent (EUR)", "Amount spent")
    found = loaded(tmp_path, settings.format(adapter="meta_ads", more=more), {"m.csv": text})
    assert {row[1:4] + row[5:6] for row in spend(found)} == {("uk", "meta", "paid", "GBP")}


def test_rows_of_one_day_and_campaign_are_added_up(tmp_path: Path) -> None:
    """Devices and networks: 10.00 + 4.50 + 0.50; clicks 5 + 2; views 100 + 50 + 5."""
    text = """Day,Campaign,Device,Cost,Impr.,Clicks
2026-03-01,Tea,Phones,10.00,100,5
2026-03-01,Tea,Computers,4.50,50,2
2026-03-01,Tea,Tablets,0.50,5,--
2026-03-02,Tea,Phones,1.00,9,--
"""
    found = read(tmp_path, "google_ads", text)
    assert spend(found) == [
        (FIRST, "nl", "google", "cpc", "Tea", "EUR", Decimal("15.0000"), 7, 155),
        (SECOND, "nl", "google", "cpc", "Tea", "EUR", Decimal("1.0000"), None, 9),
    ]
    assert found.destinations() == {("report", "ad_spend"): (4, Decimal("-16.0000"))}


@pytest.mark.parametrize("words", ["Results from 1 campaign", "Totaal", "Gesamt: 1 Kampagne"])
def test_a_total_may_have_words_in_place_of_a_campaign(tmp_path: Path, words: str) -> None:
    found = read(tmp_path, "meta_ads", META.replace(",,43.00", f",{words},43.00"))
    assert spend(found) == META_SPEND
    assert found.destinations()["report", "skipped:total_row"][0] == 1


def test_every_language_is_known_with_and_without_days(tmp_path: Path) -> None:
    for adapter in ("google_ads", "meta_ads", "microsoft_ads"):
        for number, kind in enumerate(kinds_by_adapter()[adapter]):
            path = tmp_path / f"{adapter}-{number}.csv"
            path.write_text(",".join(sorted(kind.needed)) + "\n", encoding="utf-8")
            found = recognise(path)
            assert found is not None
            assert found.is_whole
            assert found.adapter is not None
