"""The real Airflow of a shop: start it, stop it, run nights through it. Airflow is not imported."""
