"""A bastion for the people who use it: its status, connections to it, and the doctor."""
