"""Danger: tables of who or what × what happened, matched on the words of a text."""
