"""Whether a page is right: every figure is the answer to the query beside it, every number a figure."""

from __future__ import annotations

import re
from collections.abc import Iterator

from mandje.report.figures import ask
from mandje.report.section import Report
from mandje.report.words import all_words
from read_page import Element, numbers, read_page, rows, sections


def check_page(report: Report, html: str) -> None:
    """Runs every query of the page again on its snapshot, and looks each number up among the answers."""
    page = read_page(html)
    _check_strip(report, page.tags("header")[0])
    for section in sections(page).values():
        cells = _checked_cells(report, section)
        told = [*_told(section), *_drawn(section)]
        strange = [one for one in told if numbers(one) and one not in cells]
        assert not strange, f"{section.attributes['id']}: no figure says {strange}"
        _check_words(section)


def _check_strip(report: Report, header: Element) -> None:
    cells = _checked_cells(report, header)
    told = [
        one.text() for facts in header.all(lambda one: "facts" in one.classes) for one in facts.tags("li")
    ]
    assert told
    strange = [text for text in told if not set(re.findall(r"\d[\d.,]*\d|\d", text)) <= cells]
    assert not strange, f"the strip: no figure says {strange}"


def _checked_cells(report: Report, section: Element) -> set[str]:
    tables = [one for one in section.tags("table") if "data-figures" in one.attributes]
    queries = [one.text() for one in section.tags("pre")]
    assert len(tables) == len(queries)
    found: set[str] = set()
    for table, query in zip(tables, queries, strict=True):
        again = ask(report.con, "again", query)
        written = [
            [report.written(name, value).strip() for name, value in zip(again.columns, row, strict=True)]
            for row in again.rows
        ]
        assert rows(table) == written, f"{table.attributes['data-figures']} is not what its query gives"
        found |= {cell for row in written for cell in row}
    return found


def _told(section: Element) -> Iterator[str]:
    """The values of the answer, and of the tiles."""
    for answer in section.all(lambda one: "answer" in one.classes):
        yield from (one.text() for one in answer.tags("b"))
    for line in section.all(lambda one: "big" in one.classes):
        yield line.text()
    for line in section.all(lambda one: "than" in one.classes):
        yield line.tags("span")[0].text()


def _drawn(section: Element) -> Iterator[str]:
    """The cells of pictures that are tables."""
    for table in section.tags("table"):
        if "data-figures" not in table.attributes:
            yield from (cell for row in rows(table) for cell in row)


def _check_words(section: Element) -> None:
    """What stands around the values says no number but those of its own words."""
    known = {one for texts in all_words().values() for text in texts.values() for one in numbers(text)}
    for answer in section.all(lambda one: "answer" in one.classes):
        for said in answer.tags("p"):
            around = said.text(lambda one: one.tag == "b")
            assert set(numbers(around)) <= known, f"{section.attributes['id']}: {around}"
