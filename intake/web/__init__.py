"""The console, the department API and the health page."""
