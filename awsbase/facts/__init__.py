"""What several kinds read of an account, such as all of IAM in one call."""
