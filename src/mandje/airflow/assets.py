"""What a night tells Airflow of: deliveries that it took in, its snapshot, and the tables in it.

An asset is known by its URI alone, which is its name too: another DAG writes `Asset("mandje://my_shop/snapshot")`.
"""

from __future__ import annotations

import json
from functools import cache

from airflow.sdk import Asset

from mandje.system.shipped import shipped


def source_asset(shop_name: str, source: str) -> Asset:
    """Deliveries of a source, as nights take them in."""
    return _asset(f"{shop_name}/exports/{source}")


def snapshot_asset(shop_name: str) -> Asset:
    """What readers of the shop's figures see: `published/current`."""
    return _asset(f"{shop_name}/snapshot")


def table_assets(shop_name: str) -> list[Asset]:
    """One per public table of the snapshot: `mandje://<shop>/<schema>/<table>`."""
    return [_asset(f"{shop_name}/{table.replace('.', '/')}") for table in _public_tables()]


def _asset(path: str) -> Asset:
    return Asset(f"mandje://{path}", group="mandje")


@cache
def _public_tables() -> list[str]:
    record = shipped("dbt_project") / "public_contract.json"
    return sorted(json.loads(record.read_text(encoding="utf-8"))["tables"])
