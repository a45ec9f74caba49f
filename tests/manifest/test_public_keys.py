"""`ssh_keys`: which keys are taken, what is wrong with others, and who gets an account with them."""

from __future__ import annotations

from pathlib import Path

import pytest

from awsbase.manifest import Manifest
from awsbase.manifest.iam import accounts
from awsbase.manifest.load import understand
from awsbase.userdata import Person
from tests.manifest.saying import ACCOUNT, mistakes, source
from tests.userdata.keys import ed25519, encoded, rsa

PRIVATE = "-----BEGIN OPENSSH PRIVATE KEY-----\nc2VjcmV0LXNlY3JldA\n-----END OPENSSH PRIVATE KEY-----\n"


def users(text: str) -> str:
    return f"{ACCOUNT}iam:\n  groups: {{Ops: {{policies: ['awsbase:administrator']}}}}\n  users: {{{text}}}\n"


def test_keys_come_from_the_manifest_and_from_files(tmp_path: Path) -> None:
    (tmp_path / "alice.pub").write_text(f"# two machines\n{ed25519(1)} laptop\n\n{rsa()} desk\n")
    text = users(f"alice: {{groups: [Ops], ssh_keys: [alice.pub, '{ed25519(1)} laptop']}}, bob: {{}}")
    manifest = understand(source(text, tmp_path), Manifest)
    assert accounts(manifest) == (Person("alice", (f"{ed25519(1)} laptop", f"{rsa()} desk"), administrator=True),)


def test_other_groups_give_no_sudo_and_absent_users_no_account() -> None:
    text = users(f"alice: {{ssh_keys: ['{ed25519()}']}}, bob: {{state: absent}}")
    manifest = understand(source(text), Manifest)
    assert accounts(manifest) == (Person("alice", (ed25519(),)),)


@pytest.mark.parametrize(
    ("key", "said"),
    [
        (ed25519()[:-8], "this is damaged"),
        ("ssh-ed25519 x", "this is damaged"),
        ("ssh-ed25519 " + encoded(b"ssh-ed25519", b"short"), "this is damaged: what is in it is no ssh-ed25519 key"),
        (ed25519().replace("ssh-ed25519", "ssh-rsa", 1), "this is damaged: what is in it is no ssh-rsa key"),
        (rsa(1024), "less than 2048 bits"),
        ("ssh-dss " + encoded(b"ssh-dss", b"x"), "this is a DSA key"),
        ('from="10.0.0.0/8" ' + ed25519(), "has options or an unknown kind before the key"),
        ("---- BEGIN SSH2 PUBLIC KEY ----", "not in OpenSSH's format, `ssh-keygen -i -f FILE` converts it"),
        ("missing.pub", "no file missing.pub"),
    ],
)
def test_what_is_no_key_is_refused_with_advice(key: str, said: str, tmp_path: Path) -> None:
    (line,) = mistakes(users(f"alice: {{ssh_keys: ['{key}']}}"), Manifest, tmp_path)
    assert line.startswith("m.yaml:5: iam.users.alice.ssh_keys")
    assert said in line


def test_a_private_key_is_refused_and_not_repeated(tmp_path: Path) -> None:
    (tmp_path / "id").write_text(PRIVATE)
    literal = PRIVATE.replace("\n", "\\n")
    for given, said in (("id", "id is a private key"), (literal, "this is a private key")):
        (line,) = mistakes(users(f'alice: {{ssh_keys: ["{given}"]}}'), Manifest, tmp_path)
        assert said in line
        assert "c2Vj" not in line


def test_a_line_of_a_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "a.pub").write_text(f"{ed25519()}\nnonsense\n")
    (line,) = mistakes(users("alice: {ssh_keys: [a.pub]}"), Manifest, tmp_path)
    assert "a.pub, line 2, is no public key" in line


@pytest.mark.parametrize(
    ("names", "said"),
    [
        (["root"], "the login 'root' belongs to the host itself"),
        (["1st"], "'1st' is no login"),
        (["al@a.example", "al@b.example"], "al@a.example and al@b.example would both be 'al' on a host"),
    ],
)
def test_names_that_make_no_account_are_said(names: list[str], said: str) -> None:
    given = ", ".join(f"'{name}': {{ssh_keys: ['{ed25519()}']}}" for name in names)
    (line,) = mistakes(users(given), Manifest)
    assert said in line


def test_an_absent_user_has_no_keys() -> None:
    (line,) = mistakes(users(f"bob: {{state: absent, ssh_keys: ['{ed25519()}']}}"), Manifest)
    assert "an absent user has none of this" in line
