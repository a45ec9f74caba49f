"""A fleet on AWS Step Functions: a state machine of the hub calls a function for each account."""
