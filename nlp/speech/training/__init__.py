"""Trains a small Mandarin recogniser on synthesised calls; builds graphs, speaks the prompts."""
