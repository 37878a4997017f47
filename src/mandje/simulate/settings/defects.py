"""What is broken on purpose: how many of each class."""

from __future__ import annotations

from mandje.simulate.settings.base import Planted, Strict


class Defects(Strict):
    """How many of each class are planted; numbers of rows, then numbers of deliveries.

    A row class counts rows, all in deliveries that are otherwise good. A delivery class counts files of one
    feed and day. What each does, and what becomes of it, is said in `mandje.simulate.defects.classes`.
    """

    exact_duplicates: Planted = 12
    late_events: Planted = 12
    wrong_type: Planted = 12
    missing_key: Planted = 12
    negative_quantity: Planted = 12
    unknown_status: Planted = 12
    impossible_date: Planted = 12
    broken_encoding: Planted = 12
    files_delivered_twice: Planted = 3
    truncated_files: Planted = 2
    changed_headers: Planted = 2
    zero_byte_files: Planted = 2
    empty_deliveries: Planted = 2
    missing_deliveries: Planted = 3
