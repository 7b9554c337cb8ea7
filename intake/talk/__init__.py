"""The conversation with a resident: from what was heard to the steps that it leads to."""
