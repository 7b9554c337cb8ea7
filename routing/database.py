"""One database, many writers: units of work are grouped into durable commits.

A unit of work is a plain function of a SQLAlchemy connection. It may run more than once (a deadlock
retries the group), so it changes nothing but the database.
"""
