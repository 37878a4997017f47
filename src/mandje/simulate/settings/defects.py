"""What is broken on purpose: how many of each class."""

from __future__ import annotations

from mandje.simulate.settings.base import Planted, PlantedLater, Strict


class Defects(Strict):
    """How many of each class are planted; numbers of rows, then numbers of deliveries.

    A row class counts rows, all in deliveries that are otherwise good. A delivery class counts files of one
    feed and day. `changed_lines_alone` needs `documents = "changes"` for the lines of orders in shop.toml;
    with `float_ids` the ids of all customers are numbers. What each class does, and what becomes of it, is
    said in `mandje.simulate.defects.classes`.
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
    header_only_versions: PlantedLater = 0
    changed_lines_alone: PlantedLater = 0
    placeholder_ids: PlantedLater = 0
    float_ids: PlantedLater = 0
