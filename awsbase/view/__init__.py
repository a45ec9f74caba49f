"""What people and programs see of a run: a tree, a JSON document, progress."""
