"""Seeds are stored where the user asked, and shown to their owner only."""

import os
from pathlib import Path

import pytest

from awsbase.aws import Aws
from awsbase.errors import AwsbaseError, Refused, UsageError
from awsbase.people import seeds
from awsbase.people.secret import Secret
from awsbase.sandbox import Sandbox

SEED = Secret("JBSWY3DPEHPK3PXP" * 4)
SERIAL = "arn:aws:iam::123456789012:mfa/alice"


def aws(sandbox: Sandbox) -> Aws:
    return Aws(sandbox.session(region="eu-west-1"), "eu-west-1")


def in_secret(sandbox: Sandbox, **more: str) -> seeds.InSecret:
    return seeds.InSecret(aws(sandbox), "awsbase/mfa/alice", "mfa-device/alice", **more)


def test_uri_has_the_format_of_authenticator_apps() -> None:
    text = seeds.uri(SEED, "ali ce+x@acme").reveal()
    assert text == f"otpauth://totp/AWS:ali%20ce%2Bx@acme?secret={SEED.reveal()}&issuer=AWS"
    assert seeds.spelled(Secret("ABCDEFGHIJ")) == "ABCD EFGH IJ"


def test_seed_file_is_private_and_never_overwritten(tmp_path: Path) -> None:
    path = tmp_path / "seed"
    seed_store = seeds.InFile(path)
    seed_store.check()
    seed_store.keep("alice", SERIAL, SEED)

    assert path.read_text() == f"{SEED.reveal()}\n"
    assert path.stat().st_mode & 0o777 == 0o600
    assert os.listdir(tmp_path) == ["seed"]
    with pytest.raises(Refused, match="no seed is overwritten"):
        seed_store.check()
    with pytest.raises(AwsbaseError, match="File exists"):
        seed_store.keep("alice", SERIAL, Secret("other"))
    assert path.read_text() == f"{SEED.reveal()}\n"


def test_symbolic_link_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "seed").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(Refused):
        seeds.InFile(tmp_path / "seed").check()


def test_missing_folder_is_reported_before_the_seed_exists(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no file can be created"):
        seeds.InFile(tmp_path / "absent" / "seed").check()


def test_seed_secret_is_created_read_deleted_and_created_again() -> None:
    sandbox = Sandbox()
    seed_store = in_secret(sandbox)
    seed_store.check()
    seed_store.keep("alice", SERIAL, SEED)
    assert seed_store.read() == (SERIAL, SEED)

    seed_store.forget()
    with pytest.raises(AwsbaseError, match="it was taken over, or never stored there"):
        seed_store.read()
    seed_store.check()
    seed_store.keep("alice", SERIAL, Secret("another"))
    assert seed_store.read() == (SERIAL, Secret("another"))


def test_secret_of_someone_else_is_not_overwritten() -> None:
    sandbox = Sandbox()
    sandbox.client("secretsmanager", "eu-west-1").create_secret(Name="awsbase/mfa/alice", SecretString="theirs")
    with pytest.raises(Refused, match="holds something else"):
        in_secret(sandbox).check()


def test_secret_without_a_seed_is_not_shown() -> None:
    sandbox = Sandbox()
    sandbox.client("secretsmanager", "eu-west-1").create_secret(Name="awsbase/mfa/alice", SecretString="hunter2")
    with pytest.raises(AwsbaseError, match="does not hold the seed") as error:
        in_secret(sandbox).read()
    assert "hunter2" not in str(error.value)


def test_seed_secret_is_encrypted_with_the_named_key() -> None:
    sandbox = Sandbox()
    key = sandbox.client("kms", "eu-west-1").create_key()["KeyMetadata"]["Arn"]
    in_secret(sandbox, key=key).keep("alice", SERIAL, SEED)
    text = sandbox.client("secretsmanager", "eu-west-1").describe_secret(SecretId="awsbase/mfa/alice")
    assert text["KmsKeyId"] == key


def test_existing_seed_secret_is_encrypted_with_the_named_key() -> None:
    sandbox = Sandbox()
    key = sandbox.client("kms", "eu-west-1").create_key()["KeyMetadata"]["Arn"]
    in_secret(sandbox).keep("alice", SERIAL, SEED)
    in_secret(sandbox, key=key).keep("alice", SERIAL, Secret("another"))
    assert (
        sandbox.client("secretsmanager", "eu-west-1").describe_secret(SecretId="awsbase/mfa/alice")["KmsKeyId"] == key
    )
    assert in_secret(sandbox).read() == (SERIAL, Secret("another"))


@pytest.mark.parametrize(
    ("target", "key", "message"),
    [("secret:", None, "has no name"), ("file", "alias/x", "--seed-key encrypts a secret")],
)
def test_invalid_seed_store_is_refused(target: str, key: str | None, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        seeds.seed_store(target, aws(Sandbox()), "mfa-device/alice", key)


def test_repr_of_seed_stores_contains_no_seed(tmp_path: Path) -> None:
    sandbox = Sandbox()
    in_secret(sandbox).keep("alice", SERIAL, SEED)
    text = repr([in_secret(sandbox), seeds.InFile(tmp_path / "x"), SEED, f"{SEED}"])
    assert SEED.reveal() not in text
