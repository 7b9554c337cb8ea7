"""The front desk and the running program."""
