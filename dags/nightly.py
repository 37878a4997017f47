"""The DAG of one shop, in the Airflow of its own that `mandje up` starts."""

import os

from mandje.airflow import nightly

# `mandje run` starts the nights itself.
is_run_by_hand = os.environ.get("MANDJE_SCHEDULE") == "none"
nightly(os.environ["MANDJE_SHOP"], **({"schedule": None} if is_run_by_hand else {}))
