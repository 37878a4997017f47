"""What is broken on purpose: how many of each class."""

from __future__ import annotations

from mandje.simulate.settings.base import Count, Strict


class Defects(Strict):
    """How many of each class are planted; numbers of rows, then numbers of deliveries.

    A row class counts rows, all in deliveries that are otherwise good. A delivery class counts files of one
    feed and day. What each does, and what becomes of it, is said in `mandje.simulate.defects.classes`.
    """

    exact_duplicates: Count = 12
    late_events: Count = 12
    wrong_type: Count = 12
    missing_key: Count = 12
    negative_quantity: Count = 12
    unknown_status: Count = 12
    impossible_date: Count = 12
    broken_encoding: Count = 12
    files_delivered_twice: Count = 3
    truncated_files: Count = 2
    changed_headers: Count = 2
    zero_byte_files: Count = 2
    empty_deliveries: Count = 2
    missing_deliveries: Count = 3
