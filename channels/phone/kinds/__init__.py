"""The kinds of conversation on the line: an ordinary call, a ring back, a telling, heard once."""
