"""Pins are written with the published checksums, or not at all, and what others wrote stays."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner, Result

from awsbase.errors import AwsbaseError, UsageError
from awsbase.manifest.manifest import Manifest
from awsbase.scripts import cli
from awsbase.toolchain.known import Pin
from awsbase.toolchain.locking import lock
from awsbase.toolchain.mise import HEAD
from awsbase.toolchain.published import Unpublished, Unreachable, over_https
from awsbase.toolchain.texts import OtherChecksum, Unwritable
from tests.manifest.saying import ACCOUNT, mistakes
from tests.toolchain.projects import published, serving, sha256

TOFU = Pin("opentofu", "1.9.1", ("linux-x64", "macos-arm64"))
PACKER = Pin("packer", "1.11.2", ("linux-x64",))
PLUGIN = Pin("session-manager-plugin", "1.2.707.0", ("linux-x64",))
FILES = (".mise.toml", "mise.lock", "aqua.yaml", "aqua-checksums.json")


@pytest.fixture(scope="module")
def mirror() -> Iterator[str]:
    with serving(published()) as url:
        yield url


def test_new_files_have_the_published_checksums(tmp_path: Path, mirror: str) -> None:
    done = lock([TOFU, PACKER, PLUGIN], tmp_path, over_https(mirror))
    assert (done.changed, done.same, done.unpinned) == (FILES, (), ("session-manager-plugin",))

    assert tomllib.loads((tmp_path / ".mise.toml").read_text()) == {"tools": {"opentofu": "1.9.1", "packer": "1.11.2"}}
    text = (tmp_path / "mise.lock").read_text()
    linux = "tofu_1.9.1_linux_amd64.tar.gz"
    assert text.startswith(
        f"""{HEAD}
[[tools.opentofu]]
version = "1.9.1"
backend = "aqua:opentofu/opentofu"

[tools.opentofu."platforms.linux-x64"]
checksum = "sha256:{sha256(linux)}"
url = "https://github.com/opentofu/opentofu/releases/download/v1.9.1/{linux}"

[tools.opentofu."platforms.macos-arm64"]
"""
    )
    assert list(tomllib.loads(text)["tools"]) == ["opentofu", "packer"]

    config = yaml.safe_load((tmp_path / "aqua.yaml").read_text())
    assert config["packages"] == [{"name": "opentofu/opentofu@v1.9.1"}, {"name": "hashicorp/packer@v1.11.2"}][::-1]
    assert config["checksum"]["require_checksum"] is True
    assert config["checksum"]["supported_envs"] == ["darwin/arm64", "linux/amd64"]
    held = {each["id"]: each for each in json.loads((tmp_path / "aqua-checksums.json").read_text())["checksums"]}
    zipped = "http/releases.hashicorp.com/packer/1.11.2/packer_1.11.2_linux_amd64.zip"
    assert held[f"github_release/github.com/opentofu/opentofu/v1.9.1/{linux}"]["checksum"] == sha256(linux).upper()
    assert held[zipped] == {
        "id": zipped,
        "checksum": sha256("packer_1.11.2_linux_amd64.zip").upper(),
        "algorithm": "sha256",
    }

    again = lock([TOFU, PACKER, PLUGIN], tmp_path, over_https(mirror))
    assert (again.changed, again.same) == ((), FILES)


THEIRS = {
    "mise.toml": """\
# ours
[env]
STAGE = "dev"

[tools]
node = "24"  # for the page
"opentofu" = "1.8.0"

[settings]
lockfile = true
""",
    "mise.lock": f"""\
{HEAD}
lockfile_version = 3

[[tools.node]]
version = "24.1.0"
backend = "core:node"

[tools.node."platforms.linux-x64"]
checksum = "sha256:{"a" * 64}"

[[tools.opentofu]]
version = "1.9.1"
backend = "aqua:opentofu/opentofu"

[tools.opentofu."platforms.linux-x64"]
checksum = "sha256:{sha256("tofu_1.9.1_linux_amd64.tar.gz")}"
provenance = "cosign"

[tools.opentofu."platforms.windows-x64"]
checksum = "sha256:{"b" * 64}"

[[tools.zig]]
version = "0.13.0"
""",
    "aqua.yaml": """\
registries:
- type: standard
  ref: v4.1.0 # renovate: depName=aquaproj/aqua-registry
packages:
# what the page needs
- name: cli/cli@v2.0.0
- name: opentofu/opentofu@v1.8.0
- name: hashicorp/terraform
  version: v1.5.0
import_dir: imports
""",
    "aqua-checksums.json": json.dumps({"checksums": [{"id": "z", "checksum": "A", "algorithm": "sha512"}]}),
}


def test_what_others_wrote_stays(tmp_path: Path, mirror: str) -> None:
    for name, text in THEIRS.items():
        (tmp_path / name).write_text(text)
    done = lock([TOFU, PACKER], tmp_path, over_https(mirror))
    assert done.changed == tuple(THEIRS)
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(THEIRS)

    mise = (tmp_path / "mise.toml").read_text()
    new = '[tools]\npacker = "1.11.2"\nnode'
    assert mise == THEIRS["mise.toml"].replace('"opentofu" = "1.8.0"', 'opentofu = "1.9.1"').replace(
        "[tools]\nnode", new
    )
    locked = tomllib.loads((tmp_path / "mise.lock").read_text())
    assert (locked["lockfile_version"], list(locked["tools"])) == (3, ["node", "opentofu", "packer", "zig"])
    (tofu,) = locked["tools"]["opentofu"]
    assert tofu["specifiers"] == ["1.9.1"]
    assert tofu["platforms.linux-x64"]["provenance"] == "cosign"
    assert tofu["platforms.windows-x64"] == {"checksum": f"sha256:{'b' * 64}"}
    aqua = (tmp_path / "aqua.yaml").read_text()
    assert aqua == THEIRS["aqua.yaml"].replace("tofu@v1.8.0", "tofu@v1.9.1").replace(
        "packages:\n", "packages:\n- name: hashicorp/packer@v1.11.2\n"
    )
    ids = [each["id"] for each in json.loads((tmp_path / "aqua-checksums.json").read_text())["checksums"]]
    assert (ids[-1], len(ids)) == ("z", 4)
    assert lock([TOFU, PACKER], tmp_path, over_https(mirror)).changed == ()


def test_another_version_replaces_the_one_before(tmp_path: Path, mirror: str) -> None:
    lock([TOFU], tmp_path, over_https(mirror))
    lock([Pin("opentofu", "1.10.0", ("linux-x64",))], tmp_path, over_https(mirror))
    (tofu,) = tomllib.loads((tmp_path / "mise.lock").read_text())["tools"]["opentofu"]
    assert (tofu["version"], [each for each in tofu if each.startswith("platforms.")]) == (
        "1.10.0",
        ["platforms.linux-x64"],
    )
    assert [each["name"] for each in yaml.safe_load((tmp_path / "aqua.yaml").read_text())["packages"]] == [
        "opentofu/opentofu@v1.10.0"
    ]


UNWRITABLE = {
    "no TOML": (".mise.toml", "[tools", Unwritable),
    "a table for a version": (".mise.toml", '[tools]\nopentofu = {version = "1"}\n', Unwritable),
    "no YAML": ("aqua.yaml", "a: [", Unwritable),
    "packages in one line": ("aqua.yaml", "packages: [{name: a/b@v1}]\n", Unwritable),
    "version apart": ("aqua.yaml", "packages:\n  - name: opentofu/opentofu\n    version: v1.8.0\n", Unwritable),
    "no JSON": ("aqua-checksums.json", "{", Unwritable),
    "another checksum in aqua": (
        "aqua-checksums.json",
        json.dumps(
            {
                "checksums": [
                    {
                        "id": "github_release/github.com/opentofu/opentofu/v1.9.1/tofu_1.9.1_linux_amd64.tar.gz",
                        "checksum": "B" * 64,
                    }
                ]
            }
        ),
        OtherChecksum,
    ),
    "another checksum in mise": (
        "mise.lock",
        THEIRS["mise.lock"].replace(sha256("tofu_1.9.1_linux_amd64.tar.gz"), "b" * 64),
        OtherChecksum,
    ),
}


@pytest.mark.parametrize(("name", "text", "error"), UNWRITABLE.values(), ids=UNWRITABLE)
def test_what_cannot_be_kept_is_not_written(
    tmp_path: Path, mirror: str, name: str, text: str, error: type[AwsbaseError]
) -> None:
    (tmp_path / name).write_text(text)
    with pytest.raises(error):
        lock([TOFU], tmp_path, over_https(mirror))
    assert {path.name: path.read_text() for path in tmp_path.iterdir()} == {name: text}


def test_nothing_is_written_where_nobody_answers_or_nothing_is_published(tmp_path: Path, mirror: str) -> None:
    with serving({}) as closed:
        pass
    with pytest.raises(Unreachable, match=r"^127\.0\.0\.1:\d+ cannot be reached: .*refused"):
        lock([TOFU], tmp_path, over_https(closed))
    with pytest.raises(Unpublished, match=r"has no /github\.com/opentofu/opentofu/.*/v1\.99\.0/"):
        lock([Pin("opentofu", "1.99.0", ("linux-x64",))], tmp_path, over_https(mirror))
    pages = dict.fromkeys(published(), b"<html>sign in</html>")
    with serving(pages) as proxy, pytest.raises(Unreachable, match="no list of SHA-256 sums"):
        lock([TOFU], tmp_path, over_https(proxy))
    with pytest.raises(UsageError, match="is not https"):
        over_https("http://mirror.acme.example")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("said", "why"),
    [
        ('{opentofu: "1.9"}', "no version of one release"),
        ("{opentofu: 1.9}", "tools.opentofu"),
        ('{opentofu: "1.6.2"}', "pin 1.6.3 or newer"),
        ('{tofu: "1.9.1"}', "tools"),
        ('{opentofu: {version: "1.9.1", platforms: [linux]}}', "platforms"),
        ('{opentofu: {version: "1.9.1", platforms: []}}', "platforms"),
    ],
)
def test_a_pin_is_one_release(said: str, why: str) -> None:
    assert why in str(mistakes(f"{ACCOUNT}tools: {said}\n", Manifest))


def awsbase(*arguments: object, path: Path | None = None) -> Result:
    return CliRunner().invoke(cli, [str(each) for each in arguments], env={"PATH": str(path)} if path else None)


def test_the_commands(tmp_path: Path, mirror: str) -> None:
    manifest, programs = tmp_path / "acme.yaml", tmp_path / "bin"
    manifest.write_text(
        f'{ACCOUNT}tools: {{opentofu: "1.9.1", packer: "1.11.2", session-manager-plugin: "1.2.707.0"}}\n'
    )
    done = awsbase("tools", "lock", manifest, "--mirror", mirror)
    assert (done.exit_code, done.output.count("wrote ")) == (0, 4)
    assert "nobody publishes checksums of it" in done.output

    programs.mkdir()
    for name, says in (
        ("tofu", "OpenTofu v1.9.1"),
        ("session-manager-plugin", "1.2.707.0"),
        ("packer", "Packer v1.10.0"),
    ):
        (programs / name).write_text(f"#!/bin/sh\necho '{says}'\n")
        (programs / name).chmod(0o755)
    found = awsbase("tools", "check", manifest, path=programs)
    assert found.exit_code == 1
    assert found.output.splitlines() == [
        f"opentofu 1.9.1: {programs}/tofu",
        f"packer 1.11.2: {programs}/packer is 1.10.0",
        f"session-manager-plugin 1.2.707.0: {programs}/session-manager-plugin",
    ]
    (programs / "packer").write_text("#!/bin/sh\n[ -z $CHECKPOINT_DISABLE ] && echo 1.11.2\n")
    assert f"{programs}/packer does not say its version" in awsbase("tools", "check", manifest, path=programs).output
    (programs / "packer").unlink()
    assert "packer is not on the PATH" in awsbase("tools", "check", manifest, path=programs).output

    manifest.write_text(ACCOUNT)
    assert awsbase("tools", "check", manifest).exit_code == 2
