"""Who may do what: policies evaluated as AWS evaluates them, and, in enforcing mode, each call held to the answer."""
