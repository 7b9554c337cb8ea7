"""The measured claims: each one command, `python -m tests.bench.NAME`, which prints a table."""
