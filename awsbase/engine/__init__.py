"""The engine: facts, verbs, order, waiting and the report. It knows no kind of resource."""
