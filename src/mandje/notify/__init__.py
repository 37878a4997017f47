"""What people are told of a night, and how it reaches them: mail and webhook.

Standard library only: a host's Airflow imports this without Mandje's dependencies.
"""
