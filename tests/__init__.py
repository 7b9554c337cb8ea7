"""Tests, mirroring the packages, and the benches."""
