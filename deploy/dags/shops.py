"""A DAG for every shop of a folder; a new folder with a shop.toml is found by itself."""

from pathlib import Path

from mandje.airflow import nightly

for shop in sorted(Path("/srv/shops").glob("*/shop.toml")):
    nightly(shop.parent, executable="/opt/mandje/bin/mandje")
