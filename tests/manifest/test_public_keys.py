"""`ssh_keys`: which keys are valid, what is wrong with others, and whose accounts they create."""

from __future__ import annotations

from pathlib import Path

import pytest

from awsbase.manifest.iam import accounts
from awsbase.manifest.load import understand
from awsbase.manifest.manifest import Manifest
from awsbase.userdata import Person
from tests.manifest.saying import ACCOUNT, mistakes, source
from tests.userdata.keys import ed25519, encoded, rsa

PRIVATE = "-----BEGIN OPENSSH PRIVATE KEY-----\nc2VjcmV0LXNlY3JldA\n-----END OPENSSH PRIVATE KEY-----\n"


def users(text: str) -> str:
    return f"{ACCOUNT}iam:\n  groups: {{Ops: {{policies: ['awsbase:administrator']}}}}\n  users: {{{text}}}\n"


def test_ssh_keys_are_read_from_the_manifest_and_from_files(tmp_path: Path) -> None:
    (tmp_path / "alice.pub").write_text(f"# two machines\n{ed25519(1)} laptop\n\n{rsa()} desk\n")
    text = users(f"alice: {{groups: [Ops], ssh_keys: [alice.pub, '{ed25519(1)} laptop']}}, bob: {{}}")
    manifest = understand(source(text, tmp_path), Manifest)
    assert accounts(manifest) == (Person("alice", (f"{ed25519(1)} laptop", f"{rsa()} desk"), administrator=True),)


def test_only_sudo_groups_give_sudo_and_absent_users_have_no_account() -> None:
    text = users(f"alice: {{ssh_keys: ['{ed25519()}']}}, bob: {{state: absent}}")
    manifest = understand(source(text), Manifest)
    assert accounts(manifest) == (Person("alice", (ed25519(),)),)


@pytest.mark.parametrize(
    ("key", "expected"),
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
def test_invalid_ssh_key_is_refused_with_advice(key: str, expected: str, tmp_path: Path) -> None:
    (line,) = mistakes(users(f"alice: {{ssh_keys: ['{key}']}}"), Manifest, tmp_path)
    assert line.startswith("m.yaml:5: iam.users.alice.ssh_keys")
    assert expected in line


def test_private_key_is_refused_and_not_shown(tmp_path: Path) -> None:
    (tmp_path / "id").write_text(PRIVATE)
    literal = PRIVATE.replace("\n", "\\n")
    for given, expected in (("id", "id is a private key"), (literal, "this is a private key")):
        (line,) = mistakes(users(f'alice: {{ssh_keys: ["{given}"]}}'), Manifest, tmp_path)
        assert expected in line
        assert "c2Vj" not in line


def test_mistake_in_a_key_file_names_its_line(tmp_path: Path) -> None:
    (tmp_path / "a.pub").write_text(f"{ed25519()}\nnonsense\n")
    (line,) = mistakes(users("alice: {ssh_keys: [a.pub]}"), Manifest, tmp_path)
    assert "a.pub, line 2, is no public key" in line


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (["root"], "the login 'root' belongs to the host itself"),
        (["1st"], "'1st' is no login"),
        (["al@a.example", "al@b.example"], "al@a.example and al@b.example would both be 'al' on a host"),
    ],
)
def test_user_names_without_a_valid_login_are_mistakes(names: list[str], expected: str) -> None:
    given = ", ".join(f"'{name}': {{ssh_keys: ['{ed25519()}']}}" for name in names)
    (line,) = mistakes(users(given), Manifest)
    assert expected in line


def test_absent_user_has_no_ssh_keys() -> None:
    (line,) = mistakes(users(f"bob: {{state: absent, ssh_keys: ['{ed25519()}']}}"), Manifest)
    assert "an absent user has none of this" in line
