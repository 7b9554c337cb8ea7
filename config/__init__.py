"""What an installation and its county are: settings, records, the clock."""
