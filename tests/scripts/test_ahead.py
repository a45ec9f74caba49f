"""A run connects to AWS, asks who the caller is and reads the users, while its manifest is checked."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import threading
import weakref
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from awsbase import connections
from awsbase.engine.account import identify
from awsbase.engine.early_reads import EarlyReads
from awsbase.engine.facts import Facts
from awsbase.errors import AwsbaseError, MalformedResponse, Refused
from awsbase.facts.authorization import authorization
from awsbase.manifest.source import Source, parse
from awsbase.scripts import ahead, cli, loaded
from awsbase.scripts.ahead import Ahead, likely_region, sure_reads
from awsbase.scripts.connect import approach_to, connect
from awsbase.scripts.options import Options
from benchmarks.manifests import BASELINE, PEERS, people
from benchmarks.measure import ours
from tests.tls import IAM, STS, Secured

ACCOUNT = 'version: 1\naccount: {id: "123456789012", name: acme, region: eu-west-1}\n'


def begun(manifest: Path, *only: str, options: Options = Options()) -> Ahead:  # noqa: B008, it is never changed
    """Read a manifest, and wait until all is done that is done ahead."""
    before = set(threading.enumerate())
    found = Ahead(manifest, options, only)
    for thread in threads_since(before):
        thread.join(30)
        assert not thread.is_alive()
    return found


def threads_since(before: set[threading.Thread]) -> list[threading.Thread]:
    """Return the threads that work ahead and did not before; the hosts have threads in this process, too."""
    return [each for each in set(threading.enumerate()) - before if each.name in ("ask", "connect")]


def called(owner: Any, name: str, monkeypatch: pytest.MonkeyPatch) -> threading.Event:
    """Return an event that is set after each call of a function, which does what it always does."""
    usual, done = getattr(owner, name), threading.Event()

    def call(*arguments: Any) -> None:
        usual(*arguments)
        done.set()

    monkeypatch.setattr(owner, name, call)
    return done


def asked(hosts: Secured) -> list[str]:
    """Return which hosts were asked, in order."""
    return [host for host, *_ in hosts.asked]


def test_a_run_finds_who_the_caller_is_and_what_was_read(hosts: Secured, tmp_path: Path) -> None:
    manifest = people(1, tmp_path)
    found = begun(manifest)
    assert (sorted(hosts.handshakes), asked(hosts)) == ([IAM, STS], [STS, IAM])
    checked = loaded.read(manifest, Options())
    target = connect(Options(), checked, checked.resources, found)
    assert target.account.id == checked.account
    cache = target.cache()
    with cache.readers(1) as readers, pytest.raises(MalformedResponse):  # the host answers every call as STS does
        Facts(target.account.aws, readers, cache).read(authorization)
    assert (sorted(hosts.handshakes), asked(hosts)) == ([IAM, STS], [STS, IAM])
    assert target.account.wire.reads == 2


def test_nothing_of_another_account_is_read(hosts: Secured, tmp_path: Path) -> None:
    manifest = people(1, tmp_path)
    manifest.write_text(manifest.read_text().replace("123456789012", "210987654321"))
    found = begun(manifest)
    checked = loaded.read(manifest, Options())
    with pytest.raises(Refused, match="the manifest is for account 210987654321"):
        connect(Options(), checked, checked.resources, found)
    assert asked(hosts) == [STS]


@pytest.mark.parametrize("only", [(), ("group/team-00",)], ids=["all", "some"])
def test_only_what_a_run_needs_for_sure_is_read(only: tuple[str, ...], hosts: Secured, tmp_path: Path) -> None:
    manifest = people(1 if only else 0, tmp_path)
    assert begun(manifest, *only).approach
    assert (sorted(hosts.handshakes), asked(hosts)) == ([IAM, STS], [STS])


def test_without_a_section_about_iam_no_connection_to_it_is_opened(hosts: Secured, tmp_path: Path) -> None:
    manifest = tmp_path / "account.yaml"
    manifest.write_text(ACCOUNT)
    assert begun(manifest).approach
    assert (hosts.handshakes, asked(hosts)) == ([STS], [STS])


@pytest.mark.parametrize("manifest", [BASELINE, PEERS], ids=lambda path: path.stem)
def test_what_is_read_ahead_is_what_the_run_reads(manifest: Path) -> None:
    from awsbase.engine.kind import early_reads

    checked = loaded.read(manifest, Options())
    source = parse(manifest.read_bytes(), file="manifest.yaml", folder=manifest.parent)
    assert set(sure_reads(source)) == {(authorization,)}
    assert set(sure_reads(source)) <= set(early_reads(checked.kinds, checked.resources))


def test_an_error_is_told_when_the_manifest_is_checked(
    hosts: Secured, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(*_: object) -> None:
        raise AwsbaseError("the key has been deleted")

    monkeypatch.setattr("awsbase.approach.identify", refused)
    manifest = people(1, tmp_path)
    found = begun(manifest)
    checked = loaded.read(manifest, Options())
    with pytest.raises(AwsbaseError, match="the key has been deleted"):
        connect(Options(), checked, checked.resources, found)
    assert asked(hosts) == []


def test_what_nobody_expected_is_asked_again(hosts: Secured, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two threads import at once: what goes wrong in one of them for that reason goes right in the other."""
    calls = list[int]()

    def at_first_wrong(*arguments: Any) -> Any:
        calls.append(1)
        if len(calls) == 1:
            raise AttributeError("partially initialized module")
        return identify(*arguments)

    monkeypatch.setattr("awsbase.approach.identify", at_first_wrong)
    manifest = people(1, tmp_path)
    found = begun(manifest)
    checked = loaded.read(manifest, Options())
    target = connect(Options(), checked, checked.resources, found)
    with target.cache().readers(1):
        assert target.account.id == checked.account
    assert (len(calls), asked(hosts)[0]) == (2, STS)


@pytest.mark.parametrize(
    ("text", "region"),
    [
        ("version: 1\naccount:\n  id: 1  # the first\n\n# of all\n  region: eu-west-1\n", "eu-west-1"),
        ("account: {id: 1, region: 'us-gov-west-1', name: acme}\n", "us-gov-west-1"),
        ('account:\r\n  region: "ap-southeast-2"  # home\r\n', "ap-southeast-2"),
        ("account:\n  id: 1\nstate:\n  region: eu-west-1\n", None),
        ("account:\n  name: acme\nfleet: {region: eu-west-1}\n", None),
        ("my-account:\n  region: eu-west-1\n", None),
        ("account:\n  # region: us-east-1\n  home-region: us-east-1\n  region: eusc-de-east-1\n", "eusc-de-east-1"),
        ("account: {homeregion: us-east-1}\n", None),
        ("account:\n  region: eu-west-12\n", None),
        ("account:\n  region: ${REGION}\n", None),
        ("account:\n  region: [eu-west-1]\n", None),
        ("account: &a\n  region: eu-west-1\naccounts:\n  x: *a\n", None),
        ("", None),
    ],
)
def test_the_region_is_seen_before_the_manifest_is_parsed(text: str, region: str | None, tmp_path: Path) -> None:
    manifest = tmp_path / "account.yaml"
    manifest.write_bytes(text.encode())
    assert likely_region(manifest) == region


def test_what_can_be_read_only_once_is_left_to_be_read(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    (tmp_path / "binary").write_bytes(b"\xff\xfe")
    for name in ("pipe", "binary", "missing", "with\0null", 300 * "a"):
        assert likely_region(tmp_path / name) is None
    assert likely_region(Path("-")) is None
    assert likely_region(Path("/dev/stdin")) is None


def test_the_right_region_is_asked_where_another_was_likely(hosts: Secured, tmp_path: Path) -> None:
    manifest = tmp_path / "account.yaml"
    section = 'account:\n  tags: {region: us-east-1}\n  region: eu-west-1\n  id: "123456789012"\n  name: acme\n'
    manifest.write_text(f"version: 1\n{section}  alias: acme-one\n")
    found = Ahead(manifest, Options())
    checked = loaded.read(manifest, Options())
    target = connect(Options(), checked, checked.resources, found)
    with target.cache().readers(1):
        assert target.account.id == checked.account
    assert asked(hosts)[0] == STS
    assert {host for host in asked(hosts) if host.startswith("sts.")} == {STS}


def test_where_the_right_region_cannot_be_connected_to_the_likely_one_is_not_kept(
    hosts: Secured, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def only_once(options: Options, region: str) -> Any:
        if region == "eu-west-1":
            raise AwsbaseError("no way")
        return approach_to(options, region)

    monkeypatch.setattr(ahead, "approach_to", only_once)
    manifest = tmp_path / "account.yaml"
    manifest.write_text("version: 1\naccount:\n  tags: {region: us-east-1}\n  region: eu-west-1\n")
    assert Ahead(manifest, Options()).approach is None


def test_without_an_account_to_expect_nobody_is_asked(
    hosts: Secured, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    connected = called(connections, "connect", monkeypatch)
    manifest = tmp_path / "account.yaml"
    manifest.write_text("version: 1\naccount: {region: eu-west-1}\n")
    assert Ahead(manifest, Options()).approach
    assert connected.wait(30)
    assert (hosts.handshakes, hosts.asked) == ([STS], [])


@pytest.mark.parametrize("wrong", ["region", "duplicate"])
def test_nobody_is_asked_where_a_mistake_is_known(wrong: str, hosts: Secured, tmp_path: Path) -> None:
    manifest = tmp_path / "account.yaml"
    manifest.write_text(ACCOUNT if wrong == "region" else f"{ACCOUNT}state:\nstate:\n")
    found = Ahead(manifest, Options(region="us-east-1") if wrong == "region" else Options()).approach
    assert found
    assert not found._expected.done()


def test_who_has_no_resources_is_asked_once(hosts: Secured, tmp_path: Path) -> None:
    manifest = tmp_path / "account.yaml"
    manifest.write_text(ACCOUNT)
    found = begun(manifest)
    checked = loaded.read(manifest, Options())
    assert connect(Options(), checked, checked.resources, found).account.id == checked.account
    assert asked(hosts) == [STS]


def test_reads_are_begun_while_aws_is_asked_who_the_caller_is(
    hosts: Secured, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    are_begun = called(EarlyReads, "begin", monkeypatch)

    def late(*arguments: Any) -> Any:
        assert are_begun.wait(30)
        return identify(*arguments)

    monkeypatch.setattr("awsbase.approach.identify", late)
    manifest = people(1, tmp_path)
    found = Ahead(manifest, Options())
    checked = loaded.read(manifest, Options())
    with connect(Options(), checked, checked.resources, found).cache().readers(1):
        assert asked(hosts)[0] == STS


@pytest.mark.parametrize("command", ["plan", "reconcile"])
def test_what_was_parsed_is_gone_before_the_run_begins(
    command: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, hosts: Secured
) -> None:
    """Of 5,000 users it would be a tenth of the run's memory."""
    take, taken = Ahead.take, list[weakref.ref[Source]]()

    def once(self: Ahead) -> Source:
        source = take(self)
        taken.append(weakref.ref(source))
        return source

    def connected(*_: object) -> None:
        assert [source() for source in taken] == [None]
        raise Refused("nothing is done")

    monkeypatch.setattr(Ahead, "take", once)
    for module in ("planning", "reconciling"):
        monkeypatch.setattr(f"awsbase.scripts.{module}.connect", connected)
    done = CliRunner().invoke(cli, [command, str(people(1, tmp_path))])
    assert done.output == "awsbase: nothing is done\n"
    assert len(taken) == 1


def test_a_sandbox_is_connected_to_by_nobody(hosts: Secured, tmp_path: Path) -> None:
    assert begun(people(1, tmp_path), options=Options(sandbox=True)).approach is None
    assert hosts.handshakes == []


def test_an_organization_file_has_no_account_to_connect_to(hosts: Secured, tmp_path: Path) -> None:
    file = tmp_path / "organization.yaml"
    file.write_text("version: 1\naccount: {region: eu-west-1}\naccounts: {}\n")
    assert begun(file).approach is None
    assert hosts.handshakes == []
    file.write_text('version: 1\naccount: {region: eu-west-1, id: "123456789012"}\n"accounts": {}\n')
    assert Ahead(file, Options()).approach is None
    assert hosts.asked == []


@pytest.mark.parametrize(
    "account",
    ["{}", "[]", "{region: [eu-west-1]}", "{region: 'eu west'}", "{region: eu-west-1}", "{region: eu-west-1, id: 1}"],
)
def test_nothing_goes_wrong_before_the_mistakes_of_a_manifest_are_told(
    account: str, hosts: Secured, tmp_path: Path
) -> None:
    path = tmp_path / "wrong.yaml"
    path.write_text(f"version: 1\naccount: {account}\n")
    done = subprocess.run(ours("plan", path), capture_output=True, text=True, check=False, timeout=60)
    assert (done.returncode, done.stdout, hosts.asked) == (2, "", [])
    assert "Traceback" not in done.stderr
    assert f"{path}:2: account" in done.stderr


def test_nobody_waits_for_aws_where_the_manifest_has_mistakes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, hosts: Secured
) -> None:
    path = tmp_path / "wrong.yaml"
    path.write_text(f"{ACCOUNT}iam: {{users: {{alice: {{}}}}}}\nnetwrk: {{}}\n")
    with socket.create_server(("127.0.0.1", 0)) as silent:
        monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{silent.getsockname()[1]}")
        done = subprocess.run(ours("plan", path), capture_output=True, text=True, check=False, timeout=50)
    assert (done.returncode, done.stdout) == (2, "")
    assert "did you mean 'network'?" in done.stderr


def test_no_program_is_asked_for_credentials_before_the_manifest_is_checked(
    hosts: Secured, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    asked = tmp_path / "asked"
    answer = json.dumps({"Version": 1, "AccessKeyId": "AKIASANDBOXADMIN0000", "SecretAccessKey": "sandbox"})
    program = tmp_path / "program.py"
    program.write_text(f"open({str(asked)!r}, 'w').close()\nprint({answer!r})\n")
    config = tmp_path / "config"
    config.write_text(f"[default]\ncredential_process = {sys.executable} {program}\n")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(config))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "none"))
    manifest = people(1, tmp_path)
    assert begun(manifest).approach is None
    assert not asked.exists()
    checked = loaded.read(manifest, Options())
    assert connect(Options(), checked).account.id == checked.account
    assert asked.exists()
