"""Programs of others that work on an account: which version of each, pinned for mise and aqua, and what is there."""
