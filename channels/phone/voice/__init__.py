"""What the line says: texts read as people read them, from recordings or by synthesis."""
