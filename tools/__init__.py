"""What is run in a clone and not installed: the programs that tests need, and releases."""
