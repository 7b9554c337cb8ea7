"""One file for each page of the operators' console."""
