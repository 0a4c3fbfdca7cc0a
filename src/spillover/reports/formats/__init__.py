"""One short file for each way to write a table."""
