"""Asterisk as the program sees it: its manager interface, what happens to calls, what it leaves."""
