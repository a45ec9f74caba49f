"""The output of a run: a tree for people, a JSON document for programs, and progress."""
