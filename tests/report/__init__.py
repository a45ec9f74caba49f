"""The page for people who look, and the graph."""
