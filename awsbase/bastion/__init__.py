"""A bastion as the person who uses it meets it: whether it is there, how to get in, what keeps one out."""
