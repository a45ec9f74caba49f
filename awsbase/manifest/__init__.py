"""What the user writes: one YAML file, checked as a whole before anything happens."""
