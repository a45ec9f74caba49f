"""Secrets are refused in the sandbox where AWS refuses them, and moto does not."""

from awsbase.sandbox import Sandbox
from tests.sandbox.refused import refused


def deleted(*, strict: bool) -> Sandbox:
    sandbox = Sandbox(strict=strict)
    secrets = sandbox.client("secretsmanager")
    secrets.create_secret(Name="awsbase/mfa/alice", SecretString="x")
    secrets.delete_secret(SecretId="awsbase/mfa/alice", RecoveryWindowInDays=7)
    return sandbox


def test_a_secret_on_its_way_out_keeps_its_name_and_takes_nothing() -> None:
    secrets = deleted(strict=True).client("secretsmanager")
    assert refused(secrets.create_secret, Name="awsbase/mfa/alice", SecretString="y") == "InvalidRequestException"
    named = {"SecretId": "awsbase/mfa/alice"}
    assert refused(secrets.put_secret_value, **named, SecretString="y") == "InvalidRequestException"
    assert refused(secrets.get_secret_value, **named) == "InvalidRequestException"
    assert refused(secrets.restore_secret, **named) is None
    assert refused(secrets.put_secret_value, **named, SecretString="y") is None

    lenient = deleted(strict=False).client("secretsmanager")
    assert refused(lenient.create_secret, Name="awsbase/mfa/alice", SecretString="y") != "InvalidRequestException"
    assert refused(lenient.put_secret_value, **named, SecretString="y") is None


def test_names_are_what_aws_takes() -> None:
    for strict, said in ((True, "ValidationException"), (False, None)):
        secrets = Sandbox(strict=strict).client("secretsmanager")
        assert refused(secrets.create_secret, Name="a b", SecretString="x") == said
        assert refused(secrets.create_secret, Name="a/b_+=.@-", SecretString="x") is None
