"""A person's own credentials: devices, codes, sessions, the files they live in, the way to the console."""
