"""A page about an account for people who look, in one file, and the dependency graph as an SVG."""
