"""Places in a text, by their characters and by their sound, and how they are told apart aloud."""
