"""The telephone: calls that Asterisk hands to us, from the greeting to the ticket's number."""
