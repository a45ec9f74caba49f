"""One command on many accounts: the work on each is one item, which any engine can carry out."""
