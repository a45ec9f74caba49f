"""`make host`: a bastion's user data, booted for real in a virtual machine. No test of `make test`."""
