"""Service models are cut to what awsbase calls, and a client still knows all that botocore does."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import botocore
import pytest
from botocore import xform_name
from botocore.loaders import Loader
from botocore.model import ServiceModel, Shape

from awsbase.aws import Aws
from awsbase.cut_models import called, loader
from awsbase.models import Models, own_loader, whole_models
from awsbase.sandbox import Sandbox
from tests.conftest import needs
from tests.operations import operations

LOWER_BOUND = Path(__file__).parents[1] / ".venv-lower-bound" / "bin" / "python"
REGION = "eu-west-1"


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """An empty cache, and a process that has loaded nothing."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.delenv("AWSBASE_CACHE", raising=False)
    loader.cache_clear()
    yield tmp_path
    loader.cache_clear()


def clients(sandbox: Sandbox, **more: Any) -> Any:
    """Return clients of a sandbox with models as botocore has them, which may be cut."""
    session = sandbox.session(region=REGION)
    session._session.register_component("data_loader", Loader())
    return Aws(session, REGION, **more)


def files(cache: Path) -> dict[str, Path]:
    return {each.stem: each for each in cache.rglob("*.json")}


def reads(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return a list that grows with each of botocore's own files that is read."""
    found: list[str] = []
    load = Models.load_file

    def counted(self: Models, file_path: str) -> Any:
        answer = load(self, file_path)
        found.extend([re.sub(r".*/data/", "", file_path)] if answer is not None else [])
        return answer

    monkeypatch.setattr(Models, "load_file", counted)
    return found


def test_what_is_called_is_listed() -> None:
    assert called() == operations(), "run: python -m tests.operations"


def test_a_cut_describes_what_is_called_as_the_whole_model_does(cache: Path) -> None:
    cut = loader()
    assert cut is not None
    for service, held in called().items():
        whole = ServiceModel(whole_models().load_service_model(service, "service-2"), service)
        less = ServiceModel(cut.load_service_model(service, "service-2"), service)
        assert less.metadata == whole.metadata
        assert {xform_name(name) for name in less.operation_names} == set(held["methods"])
        for name in less.operation_names:
            one, other = less.operation_model(name), whole.operation_model(name)
            for ours, theirs in ((one.input_shape, other.input_shape), (one.output_shape, other.output_shape)):
                assert_same(ours, theirs, set())
        assert [each.name for each in less.error_shapes] == [each.name for each in whole.error_shapes]


def assert_same(ours: Shape | None, theirs: Shape | None, seen: set[str]) -> None:
    """Assert that two shapes mean the same to who writes and reads requests."""
    if ours is None or theirs is None:
        assert ours is theirs
        return
    if ours.name in seen:
        return
    seen.add(ours.name)
    assert (ours.name, ours.type_name, ours.serialization, ours.metadata) == (
        theirs.name,
        theirs.type_name,
        theirs.serialization,
        theirs.metadata,
    )
    assert list(getattr(ours, "members", {})) == list(getattr(theirs, "members", {}))
    for name, member in getattr(ours, "members", {}).items():
        assert_same(member, theirs.members[name], seen)  # type: ignore[attr-defined]
    for part in ("member", "key", "value"):
        if ours.type_name in ("list", "map") and hasattr(ours, part):
            assert_same(getattr(ours, part), getattr(theirs, part), seen)


def test_the_first_use_keeps_cuts_that_the_next_reads(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    read = reads(monkeypatch)
    clients(Sandbox()).iam.list_users()
    assert any(each.startswith("iam/") for each in read)
    assert set(files(cache)) == {"iam", "endpoints"}
    assert [each.stat().st_mode & 0o777 for each in files(cache).values()] == [0o600] * 2
    assert {each.stat().st_mode & 0o777 for each in cache.rglob("*") if each.is_dir()} == {0o700}

    loader.cache_clear()
    read.clear()
    assert clients(Sandbox()).iam.list_users()["Users"] == []
    assert [each for each in read if "/" in each or each == "endpoints"] == []


def test_a_call_outside_the_list_is_made_with_the_whole_model(cache: Path) -> None:
    seen: list[str] = []
    sandbox = Sandbox()
    aws = clients(sandbox, attach=[lambda client: seen.append(client.meta.service_model.service_name)])
    ec2 = aws.ec2
    assert not hasattr(type(ec2), "describe_dhcp_options")
    assert ec2.describe_dhcp_options()["DhcpOptions"] == []
    assert ec2.get_paginator("describe_dhcp_options").paginate().build_full_result() == {"DhcpOptions": []}
    assert ec2.get_waiter("bundle_task_complete").config.operation == "DescribeBundleTasks"
    assert seen == ["ec2", "ec2"], "what watches the one client watches the other"
    with pytest.raises(AttributeError):
        ec2.list_nothing_of_the_sort()
    # A service that awsbase never calls is whole, too.
    assert clients(sandbox).sqs.list_queues().get("QueueUrls", []) == []


@pytest.mark.parametrize("damage", ["a byte", "its end", "no digest", "a link", "writable for the group"])
def test_what_is_damaged_or_not_ours_is_made_anew(damage: str, cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    clients(Sandbox()).iam.list_users()
    file = files(cache)["iam"]
    content = file.read_bytes()
    harmful = content.replace(b'"ListUsers"', b'"DeleteUser"')
    match damage:
        case "a byte":
            file.write_bytes(harmful)
        case "its end":
            file.write_bytes(content[: len(content) // 2])
        case "no digest":
            file.write_bytes(harmful.partition(b"\n")[2])
        case "a link":
            os.replace(file, cache / "elsewhere")
            file.symlink_to(cache / "elsewhere")
        case _:
            file.chmod(0o620)

    loader.cache_clear()
    read = reads(monkeypatch)
    assert clients(Sandbox()).iam.list_users()["Users"] == []
    assert any(each.startswith("iam/") for each in read)
    assert (file.read_bytes(), file.is_symlink(), file.stat().st_mode & 0o777) == (content, False, 0o600)


@pytest.mark.parametrize("why", ["switched off", "a folder for all", "no room", "no home"])
def test_without_a_cache_models_are_whole(why: str, cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    match why:
        case "switched off":
            monkeypatch.setenv("AWSBASE_CACHE", "off")
        case "a folder for all":
            (cache / "awsbase").mkdir()
            (cache / "awsbase").chmod(0o777)
        case "no room":
            (cache / "awsbase").write_text("")
        case _:
            monkeypatch.setenv("XDG_CACHE_HOME", str(cache / "not" / "there"))
    assert loader() is None
    assert clients(Sandbox()).iam.list_users()["Users"] == []
    assert files(cache) == {}


def test_another_botocore_has_other_cuts_and_old_ones_go(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    clients(Sandbox()).iam.list_users()
    (old,) = (cache / "awsbase" / "models").iterdir()
    monkeypatch.setattr(botocore, "__version__", "2.0.0")
    loader.cache_clear()
    clients(Sandbox()).iam.list_users()
    assert len(list(old.parent.iterdir())) == 2

    os.utime(old, (0, 0))
    loader.cache_clear()
    clients(Sandbox()).iam.list_users()
    assert not old.exists()
    assert len(list(old.parent.iterdir())) == 1


def test_models_that_somebody_has_added_are_loaded(cache: Path, tmp_path: Path) -> None:
    session = Sandbox().session(region=REGION)
    theirs = Loader(extra_search_paths=[str(tmp_path)])
    session._session.register_component("data_loader", theirs)
    assert own_loader(session._session) is theirs
    session._session.register_component("data_loader", Loader())
    assert own_loader(session._session) is None


@pytest.mark.parametrize(
    "python", [Path(sys.executable), pytest.param(LOWER_BOUND, marks=needs(LOWER_BOUND))], ids=["newest", "lower bound"]
)
def test_each_botocore_that_setup_allows_can_be_cut(python: Path, cache: Path) -> None:
    program = """
import json, sys
import botocore.session
from awsbase.cut_models import called, loader
session = botocore.session.get_session()
session.register_component("data_loader", loader())
found = {}
for service, held in called().items():
    client = session.create_client(service, "eu-west-1", aws_access_key_id="a", aws_secret_access_key="b")
    found[service] = [name for name in held["methods"] if not hasattr(client, name)]
json.dump(found, sys.stdout)
"""
    root = str(Path(__file__).parents[1])
    found = subprocess.run([python, "-c", program], capture_output=True, text=True, cwd=root, check=False, timeout=60)
    assert (found.returncode, found.stderr) == (0, "")
    assert json.loads(found.stdout) == {service: [] for service in called()}
