"""The road of a new user, from README.md alone, on a terminal of 80 columns and 24 lines."""
