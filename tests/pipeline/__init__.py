"""What a pipeline runs: the action, the workflow of the docs, and the container."""
