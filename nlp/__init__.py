"""Language: what a resident's words say, and how sure we are."""
