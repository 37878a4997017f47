"""Reads a page as HTML: what stands in its sections, tables and queries."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser

from markupsafe import Markup

from mandje.report.section import Section

VOID = {"meta", "br", "hr", "img", "input", "link"}


@dataclass
class Element:
    """An element with its attributes and what stands in it."""

    tag: str
    attributes: dict[str, str] = field(default_factory=dict)
    inside: list[Element | str] = field(default_factory=list)

    @property
    def classes(self) -> set[str]:
        return set(self.attributes.get("class", "").split())

    def all(self, is_it: Callable[[Element], bool]) -> Iterator[Element]:
        """The elements below that fit, in the order of the page; not those within one that fits."""
        for one in self.inside:
            if isinstance(one, Element):
                if is_it(one):
                    yield one
                else:
                    yield from one.all(is_it)

    def tags(self, *names: str) -> list[Element]:
        return list(self.all(lambda one: one.tag in names))

    def text(self, without: Callable[[Element], bool] = lambda _: False) -> str:
        parts = (
            one if isinstance(one, str) else "" if without(one) else one.text(without) for one in self.inside
        )
        return "".join(parts)


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.open = [Element("page")]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        element = Element(tag, {name: value or "" for name, value in attrs})
        self.open[-1].inside.append(element)
        if tag not in VOID:
            self.open.append(element)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.open[-1].inside.append(Element(tag, {name: value or "" for name, value in attrs}))

    def handle_endtag(self, tag: str) -> None:
        assert self.open[-1].tag == tag, f"<{self.open[-1].tag}> is closed by </{tag}>"
        self.open.pop()

    def handle_data(self, data: str) -> None:
        self.open[-1].inside.append(data)


def read_page(html: str) -> Element:
    """The page; an element that is not closed fails the test."""
    reader = _Reader()
    reader.feed(html)
    reader.close()
    assert len(reader.open) == 1, f"<{reader.open[-1].tag}> is never closed"
    return reader.open[0]


def rows(table: Element) -> list[list[str]]:
    """The cells of a table's body, without notes and bars."""
    return [
        [
            cell.text(lambda one: one.tag == "em" or "bar" in one.classes).strip()
            for cell in row.tags("th", "td")
        ]
        for row in table.tags("tbody")[0].tags("tr")
    ]


def sections(page: Element) -> dict[str, Element]:
    """The sections by their anchor."""
    return {one.attributes["id"]: one for one in page.tags("section")}


def said(section: Section) -> str:
    """What a section answers, without its markup and hard spaces."""
    return (section.answer or Markup()).striptags().replace("\N{NO-BREAK SPACE}", " ")


def numbers(text: str) -> list[str]:
    """Runs of digits in a text."""
    return re.findall(r"\d+", text)
