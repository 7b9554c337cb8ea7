"""Asterisk beside the program: fetching one, writing its files, running one of our own."""
