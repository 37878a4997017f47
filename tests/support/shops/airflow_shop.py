"""A shop whose stages only tell that they ran, for tests of what Airflow does around them."""

from datetime import date
from pathlib import Path

from mandje.shop.settings import Shop, load_shop
from tiny_shop import SHOP_TOML

GOOD, ALSO_GOOD, REFUSED, SLOW = (date(2011, 12, day) for day in (8, 9, 1, 2))
# Python reads it at the start of every process that Airflow starts; it replaces the real stages.
STAND_IN = f"""
import time
from mandje.night import pipeline
from mandje.errors import ExitCode, MandjeError

def run_stage(folder, run_date, stage):
    ran = folder / "ran.txt"
    is_first = not ran.exists()
    with ran.open("a") as file:
        print(run_date, stage, file=file)
    if str(run_date) == "{REFUSED}" and stage == "load":
        stopped = ExitCode.NIGHT_STOPPED
        raise MandjeError("a delivery was refused", file="orders.csv", line=3, exit_code=stopped)
    if str(run_date) == "{SLOW}" and is_first:
        time.sleep(600)
    result = {{"as_of_date": str(run_date), "content_hash": "ab12", "folder": "ab12", "current": "ab12"}}
    return {{"stage": stage, "seconds": 0, "result": result | {{"taken_in": {{"orders": 1}}}}}}

pipeline.run_stage = run_stage
"""


# The same, but that the first stage looks for deliveries as it does in earnest.
LOOKING = STAND_IN.replace("def run_stage(", "in_earnest = pipeline.run_stage\n\ndef run_stage(").replace(
    "    ran = folder",
    '    if stage == "discover":\n        in_earnest(folder, run_date, stage)\n    ran = folder',
)


def make_airflow_shop(folder: Path, settings: str = SHOP_TOML, stand_in: str = STAND_IN) -> Shop:
    """The shop; PYTHONPATH must name its folder when Airflow starts."""
    (folder / "shop.toml").write_text(settings)
    (folder / "sitecustomize.py").write_text(stand_in)
    return load_shop(folder)


def ran(shop: Shop) -> list[str]:
    """What ran so far, as `<run date> <stage>`."""
    path = shop.folder / "ran.txt"
    return path.read_text().splitlines() if path.exists() else []
