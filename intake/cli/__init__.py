"""The command line: what the two people who install and maintain the program type."""
