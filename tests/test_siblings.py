"""A client of another region is what botocore makes for it, and has nothing of another region's or account's."""

from __future__ import annotations

import datetime
import subprocess
import sys
import uuid
from collections.abc import Mapping
from pathlib import Path
from random import Random
from typing import Any

import boto3
import botocore.auth
import pytest
from botocore import hooks, xform_name
from botocore.hooks import EventAliaser
from botocore.model import Shape

from awsbase import events
from awsbase.aws import Aws
from awsbase.cut_models import called
from awsbase.engine.clock import SystemClock
from awsbase.engine.rate_limit import RateLimiter
from awsbase.engine.wire import Wire, WriteOutsideVerb
from awsbase.events import Events, SharedTrie
from awsbase.siblings import like
from tests.conftest import needs

LOWER_BOUND = Path(__file__).parents[1] / ".venv-lower-bound" / "bin" / "python"
HOME = "eu-west-1"
KEY = "AKIASANDBOXADMIN0000"
# Where endpoints differ: us-east-1 of S3 and of services without regions, other partitions and their domains.
REGIONS = ("us-east-1", "ap-southeast-7", "cn-north-1", "us-gov-west-1")
NOW = datetime.datetime(2026, 6, 21, 12)
ID = uuid.UUID(int=0)


@pytest.fixture(autouse=True)
def same_moment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Sign each request at the same time, and with the same tokens, so that requests can be compared."""
    monkeypatch.setattr(botocore.auth, "get_current_datetime", lambda: NOW)
    monkeypatch.setattr(uuid, "uuid4", lambda: ID)


def session(key: str = KEY) -> boto3.Session:
    return boto3.Session(key, "sandbox", region_name=HOME)


class Sent(Exception):
    """A request that would have gone out."""


def sends(client: Any) -> None:
    """Let a client raise what it would send."""

    def stop(request: Any, **_: Any) -> None:
        raise Sent(request.method, request.url, dict(request.headers), request.body)

    client.meta.events.register_first("before-send", stop)


def request(client: Any) -> tuple[Any, ...]:
    """Return the request that a client makes for the first of its operations, with the signature."""
    model = client.meta.service_model
    name = model.operation_names[0]
    sends(client)
    with pytest.raises(Sent) as caught:
        getattr(client, xform_name(name))(**least(model.operation_model(name).input_shape))
    return caught.value.args


def least(shape: Shape | None) -> Any:
    """Return the least that an operation takes."""
    match shape and shape.type_name:
        case None:
            return {}
        case "structure":
            return {name: least(shape.members[name]) for name in shape.required_members}  # type: ignore[union-attr]
        case "list":
            return [least(shape.member)]  # type: ignore[union-attr]
        case "map":
            return {least(shape.key): least(shape.value)}  # type: ignore[union-attr]
        case "string":
            enum: list[str] = getattr(shape, "enum", [])
            return enum[0] if enum else "123456789012".ljust(shape.metadata.get("min", 0), "0")  # type: ignore[union-attr]
        case "timestamp":
            return NOW
        case "blob":
            return b""
        case "boolean":
            return True
        case _:
            return shape.metadata.get("min", 1)  # type: ignore[union-attr]


def seen(client: Any) -> Mapping[str, Any]:
    """Return what a client says of its region."""
    signer, meta = client._request_signer, client.meta
    config = {name: each for name, each in vars(meta.config).items() if "user_agent" not in name}
    return {
        "url": meta.endpoint_url,
        "host": client._endpoint.host,
        "signing": (signer.region_name, signer.signing_name, signer.signature_version),
        "partition": meta.partition,
        "config": config,
        "operations": set(meta.method_to_api_mapping),
    }


@pytest.fixture(scope="module")
def home() -> Any:
    """The clients of one account, with that of each service at home made first."""
    aws = Aws(session(), HOME, attempts=1)
    for service in called():
        aws.clients.get(service, HOME)
    return aws.clients


@pytest.fixture(scope="module")
def plain(home: Any) -> boto3.Session:
    """A session that awsbase knows nothing of, but for the cut models: whole ones would take seconds."""
    made = session()
    made._session.register_component("data_loader", home.session.get_component("data_loader"))
    return made


def assert_same(clients: Any, plain: boto3.Session, service: str, region: str) -> None:
    """Assert that a client is what botocore makes for that region, and asks what botocore's asks."""
    ours = clients.get(service, region)
    assert type(ours).__base__ is type(clients.get(service, HOME))
    assert ours.meta.service_model is clients.get(service, HOME).meta.service_model
    theirs = plain.client(service, region, config=clients.config())  # type: ignore[call-overload]
    assert seen(ours) == seen(theirs)
    assert request(ours) == request(theirs)


@pytest.mark.parametrize("region", REGIONS)
def test_a_sibling_is_what_botocore_makes(region: str, home: Any, plain: boto3.Session) -> None:
    for service in called():
        assert_same(home, plain, service, region)


def test_a_sibling_is_what_botocore_makes_in_any_region(draw: Random, home: Any, plain: boto3.Session) -> None:
    regions = [each for each in plain.get_available_regions("ec2") if each not in (HOME, *REGIONS)]
    for service in called():
        assert_same(home, plain, service, draw.choice(regions))


VARIANTS = {
    "FIPS": {"AWS_USE_FIPS_ENDPOINT": "true"},
    "dual stack": {"AWS_USE_DUALSTACK_ENDPOINT": "true"},
    "global STS": {"AWS_STS_REGIONAL_ENDPOINTS": "legacy"},
    "one address": {"AWS_ENDPOINT_URL": "https://aws.acme.example"},
    "an address of one service": {"AWS_ENDPOINT_URL_EC2": "https://ec2.acme.example:8443/path"},
    "addresses ignored": {
        "AWS_ENDPOINT_URL": "https://aws.acme.example",
        "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS": "true",
    },
}


@pytest.mark.parametrize("variant", VARIANTS)
def test_a_sibling_has_the_endpoint_that_is_configured(variant: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in VARIANTS[variant].items():
        monkeypatch.setenv(name, value)
    clients, plain = Aws(session(), HOME, attempts=1).clients, session()
    for service in ("sts", "s3", "ec2", "iam"):
        clients.get(service, HOME)
        plain._session.register_component("data_loader", clients.session.get_component("data_loader"))
        for region in ("us-east-1", "eu-central-1"):
            assert_same(clients, plain, service, region)


def test_no_request_has_the_key_or_the_region_of_another() -> None:
    """Accounts and regions are swapped between every two calls."""
    keys = ("AKIAAAAAAAAAAAAAAAAA", "AKIABBBBBBBBBBBBBBBB")
    accounts = {key: Aws(session(key), HOME, attempts=1) for key in keys}
    asked = []
    for _ in range(2):
        for region in (HOME, *REGIONS):
            for key, account in accounts.items():
                _, url, headers, _ = request(account.at(region).ec2)
                asked.append((key, region))
                assert f"Credential={key}/20260621/{region}/ec2/".encode() in headers["Authorization"]
                assert f"ec2.{region}.amazonaws.com" in url
    assert len(asked) == 20
    for one, other in zip(*(account.clients._clients.values() for account in accounts.values()), strict=True):
        assert one.meta.service_model is not other.meta.service_model


def test_a_sibling_has_handlers_retries_and_a_guard_of_its_own() -> None:
    aws = Aws(session(), HOME, [Wire().attach, RateLimiter(SystemClock()).attach])
    home, away = aws.ec2, aws.at("us-east-1").ec2
    for client in (home, away):
        with pytest.raises(WriteOutsideVerb):
            client.create_vpc(CidrBlock="10.0.0.0/24")

    heard: list[str] = []
    away.meta.events.register("before-parameter-build.ec2", lambda **_: heard.append("away"))
    for client in (home, away):
        sends(client)
        with pytest.raises(Sent):
            client.describe_regions()
    assert heard == ["away"]
    found = [tree(client) for client in (home, away)]
    own = [{id(each) for each in held.prefix_search("needs-retry.ec2.DescribeRegions")} for held in found]
    assert len(own[0]) > 2
    assert len(own[0] & own[1]) <= 1  # the guard keeps nothing of a region


def test_a_client_of_another_service_that_is_made_meanwhile_has_its_own_methods() -> None:
    shared, others = session()._session, []

    def make() -> Any:
        others.append(shared.create_client("sts", "eu-west-1"))
        return shared.create_client("ec2", "eu-west-1")

    first = shared.create_client("ec2", "us-east-1")
    sibling = like(first, shared.get_component("event_emitter"), make)
    assert isinstance(sibling, type(first))
    assert not isinstance(others[0], type(first))
    assert hasattr(others[0], "get_caller_identity")


def tree(client: Any) -> Any:
    """Return the tree of a client's handlers."""
    return client.meta.events._emitter._handlers


def test_handlers_of_a_session_are_held_once() -> None:
    aws = Aws(session(), HOME)
    trees = [tree(client) for client in (aws.sts, aws.at("us-east-1").sts)]
    one, other = (each._root["children"]["before-parameter-build"] for each in trees)
    assert one is other
    assert all(type(each) is SharedTrie for each in trees)


def test_a_session_can_still_be_listened_to() -> None:
    """Handlers that are registered later reach the clients that are made later, as with botocore."""
    heard: list[str] = []
    mine = session()
    aws = Aws(mine, HOME)
    early = aws.sts
    mine.events.register("before-call.sts", lambda **_: heard.append("heard"))
    request(early)
    assert heard == []
    request(aws.at("us-east-1").sts)
    assert heard == ["heard"]


def test_events_have_the_names_that_botocore_gives_them() -> None:
    theirs = EventAliaser(hooks.HierarchicalEmitter())
    ours = Events(hooks.HierarchicalEmitter())
    old = [*hooks.EVENT_ALIASES, "ec2", "awsbase", "s3", "runtime", "sagemaker"]
    for name in old:
        for event in (f"before-call.{name}", f"getattr.{name}.close", f"before-call.{name}.List{name}", name):
            assert ours._alias_event_name(event) == theirs._alias_event_name(event)  # type: ignore[attr-defined]


class Later(hooks.HierarchicalEmitter):
    """How a later botocore may keep its handlers."""


@pytest.mark.parametrize("inside", ["emitter", "node", "names"])
def test_clients_stay_as_botocore_makes_them_when_its_inside_has_changed(
    inside: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    mine = session()
    emitter: Any = mine._session._events._emitter  # type: ignore[attr-defined]
    match inside:
        case "emitter":
            emitter.__class__ = Later
        case "node":
            emitter._handlers._root = {"children": {}}
        case "names":
            monkeypatch.delattr(hooks.EventAliaser, "_alias_event_name")
    events.share_handlers(mine._session)
    assert type(mine._session.get_component("event_emitter")) is EventAliaser
    assert type(emitter._handlers) is not SharedTrie


def test_a_sibling_keeps_what_is_made_otherwise() -> None:
    from awsbase.siblings import share

    class Sealed:
        model = "its own"

    one, first = Sealed(), object()
    share(one, first, "model")
    assert one.model == "its own"
    share(None, None, "model")


@pytest.mark.parametrize(
    "python", [Path(sys.executable), pytest.param(LOWER_BOUND, marks=needs(LOWER_BOUND))], ids=["newest", "lower bound"]
)
def test_each_botocore_that_setup_allows_has_siblings(python: Path) -> None:
    program = """
import botocore.session
from awsbase.events import SharedTrie, share_handlers
from awsbase.siblings import like
session = botocore.session.Session()
share_handlers(session)
first = session.create_client("sts", "eu-west-1")
events = session.get_component("event_emitter")
other = like(first, events, lambda: session.create_client("sts", "us-gov-west-1"))
assert type(other.meta.events._emitter._handlers) is SharedTrie
assert type(other).__base__ is type(first)
assert other.meta.service_model is first.meta.service_model
assert other._ruleset_resolver._provider is first._ruleset_resolver._provider
assert (first.meta.region_name, other.meta.region_name) == ("eu-west-1", "us-gov-west-1")
assert other.meta.endpoint_url == "https://sts.us-gov-west-1.amazonaws.com"
assert type(session.create_client("sts", "eu-west-1")).__base__ is type(first).__base__
"""
    root = str(Path(__file__).parents[1])
    found = subprocess.run([python, "-c", program], capture_output=True, text=True, cwd=root, check=False, timeout=60)
    assert (found.returncode, found.stderr) == (0, "")
