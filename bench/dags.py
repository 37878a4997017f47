"""How long Airflow reads the DAG file of `docs/how-to/own-airflow.md` with ten shops."""
# ruff: noqa: PLC0415 - Airflow is imported once its home is known

from __future__ import annotations

import os
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).parents[1]
SHOPS, AIM_SECONDS = 10, 1.0
SHOP = 'name = "shop_{number}"\ntime_zone = "Europe/Amsterdam"\n'


def main() -> None:
    """Read the file in an Airflow of its own, the first time and again."""
    with tempfile.TemporaryDirectory() as folder:
        os.environ |= {"AIRFLOW_HOME": folder, "AIRFLOW__CORE__LOAD_EXAMPLES": "False"}
        dags = _write(Path(folder))
        from airflow.dag_processing.dagbag import DagBag  # noqa: TID251

        for turn in ("first", "again"):
            began = time.process_time()
            bag = DagBag(dags)
            seconds = time.process_time() - began
            print(f"{len(bag.dags)} shops, {turn}: {seconds:.2f} s of processor; aim: {AIM_SECONDS} s")


def _write(folder: Path) -> Path:
    for number in range(SHOPS):
        shop = folder / "shops" / str(number)
        shop.mkdir(parents=True)
        (shop / "shop.toml").write_text(SHOP.format(number=number))
    page = (ROOT / "docs" / "how-to" / "own-airflow.md").read_text()
    lines = page.partition("```python\n")[2].partition("```")[0]
    file = folder / "dags" / "shops.py"
    file.parent.mkdir()
    file.write_text(lines.replace("/srv/shops", str(folder / "shops")))
    return file.parent


if __name__ == "__main__":
    main()
