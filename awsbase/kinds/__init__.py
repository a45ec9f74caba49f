"""For whoever adds a kind of resource: `python -m awsbase.kinds` writes a new one, and checks those that are there."""
