"""Seeds are kept where they were asked to be, and shown to whom they are for."""

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


def test_the_address_is_what_apps_read() -> None:
    told = seeds.uri(SEED, "ali ce+x@acme").reveal()
    assert told == f"otpauth://totp/AWS:ali%20ce%2Bx@acme?secret={SEED.reveal()}&issuer=AWS"
    assert seeds.spelled(Secret("ABCDEFGHIJ")) == "ABCD EFGH IJ"


def test_a_file_is_private_and_never_overwritten(tmp_path: Path) -> None:
    path = tmp_path / "seed"
    keeper = seeds.InFile(path)
    keeper.check()
    keeper.keep("alice", SERIAL, SEED)

    assert path.read_text() == f"{SEED.reveal()}\n"
    assert path.stat().st_mode & 0o777 == 0o600
    assert os.listdir(tmp_path) == ["seed"]
    with pytest.raises(Refused, match="no seed is overwritten"):
        keeper.check()
    with pytest.raises(AwsbaseError, match="File exists"):
        keeper.keep("alice", SERIAL, Secret("other"))
    assert path.read_text() == f"{SEED.reveal()}\n"


def test_a_link_in_the_files_place_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "seed").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(Refused):
        seeds.InFile(tmp_path / "seed").check()


def test_a_folder_that_is_not_there_is_said_first(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no file can be made"):
        seeds.InFile(tmp_path / "absent" / "seed").check()


def test_a_secret_is_made_read_forgotten_and_made_again() -> None:
    sandbox = Sandbox()
    keeper = in_secret(sandbox)
    keeper.check()
    keeper.keep("alice", SERIAL, SEED)
    assert keeper.read() == (SERIAL, SEED)

    keeper.forget()
    with pytest.raises(AwsbaseError, match="it was taken over, or never kept there"):
        keeper.read()
    keeper.check()
    keeper.keep("alice", SERIAL, Secret("another"))
    assert keeper.read() == (SERIAL, Secret("another"))


def test_somebody_elses_secret_is_left_alone() -> None:
    sandbox = Sandbox()
    sandbox.client("secretsmanager", "eu-west-1").create_secret(Name="awsbase/mfa/alice", SecretString="theirs")
    with pytest.raises(Refused, match="holds something else"):
        in_secret(sandbox).check()


def test_what_is_no_seed_is_not_shown() -> None:
    sandbox = Sandbox()
    sandbox.client("secretsmanager", "eu-west-1").create_secret(Name="awsbase/mfa/alice", SecretString="hunter2")
    with pytest.raises(AwsbaseError, match="holds no seed") as refused:
        in_secret(sandbox).read()
    assert "hunter2" not in str(refused.value)


def test_a_secret_is_encrypted_with_the_key_that_is_named() -> None:
    sandbox = Sandbox()
    key = sandbox.client("kms", "eu-west-1").create_key()["KeyMetadata"]["Arn"]
    in_secret(sandbox, key=key).keep("alice", SERIAL, SEED)
    told = sandbox.client("secretsmanager", "eu-west-1").describe_secret(SecretId="awsbase/mfa/alice")
    assert told["KmsKeyId"] == key


def test_a_secret_that_is_there_comes_under_the_key_that_is_named() -> None:
    sandbox = Sandbox()
    key = sandbox.client("kms", "eu-west-1").create_key()["KeyMetadata"]["Arn"]
    in_secret(sandbox).keep("alice", SERIAL, SEED)
    in_secret(sandbox, key=key).keep("alice", SERIAL, Secret("another"))
    assert (
        sandbox.client("secretsmanager", "eu-west-1").describe_secret(SecretId="awsbase/mfa/alice")["KmsKeyId"] == key
    )
    assert in_secret(sandbox).read() == (SERIAL, Secret("another"))


@pytest.mark.parametrize(
    ("target", "key", "said"),
    [("secret:", None, "without a name"), ("file", "alias/x", "--seed-key encrypts a secret")],
)
def test_a_keeper_that_makes_no_sense_is_refused(target: str, key: str | None, said: str) -> None:
    with pytest.raises(UsageError, match=said):
        seeds.keeper(target, aws(Sandbox()), "mfa-device/alice", key)


def test_keepers_show_no_seed(tmp_path: Path) -> None:
    sandbox = Sandbox()
    in_secret(sandbox).keep("alice", SERIAL, SEED)
    told = repr([in_secret(sandbox), seeds.InFile(tmp_path / "x"), SEED, f"{SEED}"])
    assert SEED.reveal() not in told
