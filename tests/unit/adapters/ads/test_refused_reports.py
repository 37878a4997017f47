"""Reports that must not count in silence: totals that do not tie, rows of no day, files that differ."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest
from test_ad_reports import SETTINGS, read, spend

from ad_reports import GOOGLE, META
from loaded_source import loaded

ANY = "any name.csv"


def untied(days: str, line: int, total: str) -> str:
    return f"its days cost {days} together, its total on line {line} is {total}"


WITHOUT_A_DAY = "\n".join(line for line in GOOGLE.split("\n") if not line.startswith("2026-03-01\tTea"))
OTHER_WORDS = GOOGLE.replace("Account", "Alle Konten")


@pytest.mark.parametrize(
    ("adapter", "text", "reason"),
    [
        ("google_ads", GOOGLE.replace("2,015.00", "2,015.01"), untied("2015.00", 9, "2015.01")),
        ("google_ads", GOOGLE.replace("\t10.50\t", "\t10.49\t"), untied("2014.99", 9, "2015.00")),
        ("google_ads", WITHOUT_A_DAY, untied("14.75", 8, "2015.00")),
        ("google_ads", OTHER_WORDS, ""),
        ("google_ads", OTHER_WORDS.replace("2,015.00", "2,015.01"), untied("2015.00", 9, "2015.01")),
        ("google_ads", GOOGLE.replace('EUR\t"2,000.25"\t"20,408', 'EUR\t"2,100.25"\t"20,408'), ""),
        ("meta_ads", META.replace("43.00", "43.01"), untied("43.00", 4, "43.01")),
    ],
)
def test_a_total_that_does_not_tie_refuses_its_report(
    tmp_path: Path, adapter: str, text: str, reason: str
) -> None:
    found = read(tmp_path, adapter, text)
    assert found.rejected() == ([(ANY, "does_not_tie", reason)] if reason else [])
    assert (spend(found) == []) == bool(reason)


def test_a_smaller_total_of_the_account_is_not_hidden_by_another(tmp_path: Path) -> None:
    """All is search: its total ties, the account's does not."""
    text = "Day,Campaign,Cost\n2026-03-01,Tea,30.00\nTotal: Search,--,30.00\nTotal: Account,--,29.99\n"
    found = read(tmp_path, "google_ads", text)
    assert found.rejected() == [
        (ANY, "does_not_tie", "its days cost 30.00 together, its total on line 4 is 29.99")
    ]


def test_a_rejected_row_is_missing_in_the_total(tmp_path: Path) -> None:
    found = read(tmp_path, "google_ads", GOOGLE.replace("\t10.50\t", "\tten\t"))
    assert [rule for _, rule, _ in found.rejected()] == ["does_not_tie", "type"]
    assert spend(found) == []


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (META.replace("2026-03-02,New", ",New"), "line 3 has a campaign, and no day"),
        (META.replace("New | NL,12.75", ",12.75"), "line 3 has a day, and no campaign"),
        (
            "date_start,date_stop,campaign_name,spend\n2026-03-01,2026-03-01,a,1\n2026-03-01,2026-03-02,b,5\n",
            "line 3 tells of more days than one: make the report by day",
        ),
    ],
)
def test_rows_of_no_day_refuse_their_report(tmp_path: Path, text: str, reason: str) -> None:
    found = read(tmp_path, "meta_ads", text)
    assert found.rejected() == [(ANY, "not_by_day", reason)]


def test_a_report_without_a_column_of_days_is_refused_and_says_what_to_do(tmp_path: Path) -> None:
    found = read(tmp_path, "google_ads", "Campaign,Cost,Clicks\nTea,1.00,1\n")
    ((reason, next_step),) = found.refused()
    assert reason == "unknown_file"
    assert "it names no day: make the report again, segmented by day" in str(next_step)


def test_files_that_tell_a_day_of_a_campaign_differently_are_refused(tmp_path: Path) -> None:
    header = "Day,Campaign,Cost\n"
    files = {
        "a.csv": header + "2026-03-01,Tea,1.00\n2026-03-02,Tea,2.00\n",
        "b.csv": header + "2026-03-02,Tea,2.50\n",
        "c.csv": header + "2026-03-02,Mugs,4.00\n",
        "d.csv": header + "2026-03-02,Mugs,4.00\n",
    }
    found = loaded(tmp_path, SETTINGS.format(adapter="google_ads", more=""), files)
    told = "2026-03-02 of Tea stands in another file of the delivery too, and differs"
    assert found.rejected() == [("a.csv", "told_twice", told), ("b.csv", "told_twice", told)]
    assert found.destinations()["report", "ad_spend"] == (2, Decimal("-8.0000"))
