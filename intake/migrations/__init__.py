"""Alembic's migrations: one file for each step of the database."""
