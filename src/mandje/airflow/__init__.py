"""The nights of shops as DAGs, for any Airflow: `from mandje.airflow import nightly`.

Imports the standard library and Airflow only, so that Mandje can be installed without its dependencies beside
a host's Airflow, while the tasks call the `mandje` of an environment of its own.
"""

from mandje.airflow.factory import nightly

__all__ = ["nightly"]
