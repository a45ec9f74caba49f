"""awsbase brings an AWS account from bare to best practice, from one YAML manifest."""

__version__ = "0.2.0"
