"""The morning report of a shop that real nights published: its figures, its size, and how soon it is there."""

from __future__ import annotations

import time
from collections.abc import Iterator

import duckdb
import pytest

from checked_page import check_page
from mandje.publish.published_folder import published
from mandje.report.page import build_page
from mandje.report.section import Report
from mandje.report.written import Numbers
from mandje.shop.settings import Shop
