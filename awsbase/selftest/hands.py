"""Somebody who does things behind awsbase's back in a real account: by boto3 clients that rename and mark."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any

from awsbase.aws import Attach, Aws
from awsbase.engine.account import Account
from awsbase.engine.clock import Clock
from awsbase.engine.execution import execute
from awsbase.engine.removal import Removal
from awsbase.engine.resource import Resource
from awsbase.engine.wire import is_read
from awsbase.ensure import KINDS
from awsbase.facts.tags import CREATED_BY
from awsbase.selftest.naming import Naming

# What AWS calls the tags of a creating call, and which writes of existing things ignore them.
MEMBERS = ("Tags", "tags", "TagsList", "ResourceTags", "TagSpecifications", "Tagging")
# S3 takes all tags of a bucket at once, which would take the tag of origin away.
CREATING = (
    *("Create", "Enable", "Import", "PutBucketTagging", "PutMetricAlarm", "PutParameter", "PutRule", "RunInstances"),
)
# EC2 wants to know what is tagged. The rest follows from the name of the call.
CALLED = {"RunInstances": "instance"}
# These change what is there already.
WITHOUT = ("CreateLaunchTemplateVersion", "CreatePolicyVersion", "CreateTags")


@dataclass
class Hands:
    """The account as `samples` reach it: their words become the names of a selftest, and come back as their words.

    What a creating call makes carries the tag of origin, so that it is taken away like what awsbase has made.
    """

    clock: Clock
    account: Account
    connect: Callable[[list[Attach]], Aws]
    naming: Naming
    before_write: Callable[[], None] = lambda: None
    _aws: Aws | None = field(default=None, init=False)

    def client(self, service: str, region: str = "us-east-1") -> Any:
        """Return a client that acts behind awsbase's back."""
        self._aws = self._aws or self.connect([self.attach])
        return self._aws.clients.get(service, region)

    def make(self, resources: Sequence[Resource]) -> None:
        """Make resources with awsbase, as an earlier run of it did."""
        named = [self.naming.there(each) for each in resources]
        execute("reconcile", named, KINDS, self.account, clock=self.clock, before_write=self.before_write)

    def take_away(self, resources: Sequence[Resource]) -> None:
        """Take resources away with awsbase."""
        named = [self.naming.there(each) for each in resources]
        execute(
            "reconcile",
            named,
            KINDS,
            self.account,
            clock=self.clock,
            before_write=self.before_write,
            removal=Removal("destroy"),
        )

    def attach(self, client: Any) -> None:
        """Rename and mark what a client sends from now on, and rename back what it is told."""
        client.meta.events.register("provide-client-params.*", self._sent)
        client.meta.events.register("after-call.*", self._told)

    def _sent(self, params: Mapping[str, Any], model: Any, **_: Any) -> dict[str, Any]:
        if not is_read(model.service_model.service_name, model.name):
            self.before_write()
        sent: dict[str, Any] = self.naming.there(deepcopy(dict(params)))
        return marked(sent, model, self.naming.name)

    def _told(self, parsed: dict[str, Any], **_: Any) -> None:
        for name in parsed.keys() - {"ResponseMetadata"}:
            parsed[name] = self.naming.here(parsed[name])


def marked(params: dict[str, Any], model: Any, name: str) -> dict[str, Any]:
    """Return the parameters of a call with the tag of origin, if it creates something that takes tags."""
    operation, shape = str(model.name), model.input_shape
    # Systems Manager takes no tags with a new value.
    if shape is None or not operation.startswith(CREATING) or operation in WITHOUT or params.get("Overwrite"):
        return params
    members: Mapping[str, Any] = shape.members
    for member in MEMBERS:
        if member in members:
            return {**params, member: with_tag(params.get(member), members[member], operation, name)}
    below = next((key for key, each in members.items() if has_tags(each)), None)
    if below is None:
        return params
    inner = dict(params.get(below) or {})
    inner["Tags"] = with_tag(inner.get("Tags"), members[below].members["Tags"], operation, name)
    return {**params, below: inner}


def has_tags(shape: Any) -> bool:
    """Tell whether a part of a call takes tags, as the configuration of a bucket does."""
    return shape.type_name == "structure" and "Tags" in shape.members and shape.name == "CreateBucketConfiguration"


def with_tag(given: Any, shape: Any, operation: str, name: str) -> Any:
    """Return tags as a call takes them, with the tag of origin unless they have one."""
    if shape.type_name == "structure":
        return {**given, "TagSet": with_tag(given["TagSet"], shape.members["TagSet"], operation, name)}
    if shape.type_name == "map":
        return {CREATED_BY: name, **(given or {})}
    inside = shape.member.members
    if "ResourceType" in inside:
        kinds = given or [{"ResourceType": resource_type(operation), "Tags": []}]
        return [{**each, "Tags": with_tag(each["Tags"], inside["Tags"], operation, name)} for each in kinds]
    key = next(each for each in inside if each.lower().endswith("key"))
    value = next(each for each in inside if each.lower().endswith("value"))
    listed = list(given or [])
    return listed if any(each[key] == CREATED_BY for each in listed) else [*listed, {key: CREATED_BY, value: name}]


def resource_type(operation: str) -> str:
    """Return what EC2 calls the thing that a call makes: a route-table for CreateRouteTable."""
    words = "".join(f"-{letter.lower()}" if letter.isupper() else letter for letter in operation)
    return CALLED.get(operation) or words.strip("-").partition("-")[2]
