"""Behind the counter: what is said of a ticket that there is, and whose it is, in the database."""
