"""How many calls a run makes and how long it takes, measured as whole processes against a served sandbox."""
