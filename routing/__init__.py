"""The ticket and everything that happens to it, from dispatch to close."""
