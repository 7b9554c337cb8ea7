"""The telephone's side of the program: the book of calls, recordings, missed calls, call-backs."""
