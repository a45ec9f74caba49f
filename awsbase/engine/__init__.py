"""How a manifest is carried out: facts, verbs, order, waiting, and the report. Knows no kind of resource."""
