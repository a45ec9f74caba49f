"""Lambda functions: a zip of code, the role it acts as, and how long it may run."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import field
from typing import Any

from awsbase.access.attributes import add_tags
from awsbase.bundle import own_bundle, platform_of
from awsbase.engine.changes import compare
from awsbase.engine.facts import Facts, Read
from awsbase.engine.kind import TAKE_OUT, About, Absent, Kind
from awsbase.engine.permissions import Allows, Passes, Permissions, allow
from awsbase.engine.resource import Resource
from awsbase.engine.risk import access
from awsbase.engine.run import Run
from awsbase.engine.scope import Scope
from awsbase.engine.things import Describe, Described, NotExpressible, Things
from awsbase.errors import AwsbaseError
from awsbase.facts import tags
from awsbase.facts.optional import empty_if
from awsbase.prices import Cost, by_use
from awsbase.prices import table as prices
from awsbase.records import record

LAMBDA = "lambda.amazonaws.com"
# https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
MOST_ZIPPED = 50 * 1024 * 1024


class TooLarge(AwsbaseError):
    """The code is larger than Lambda takes in one call."""


@record
class Code:
    """The zip that a function runs: `data`, or awsbase itself when there is none; or only its digest, as AWS has it."""

    data: bytes = field(default=b"", repr=False)
    sha256: str = ""

    def content(self) -> bytes:
        """Return the zip."""
        return self.data or own_bundle()

    @property
    def digest(self) -> str:
        """The SHA-256 of the zip as Lambda writes it, in base64."""
        return self.sha256 or base64.b64encode(hashlib.sha256(self.content()).digest()).decode()


@record(kw_only=True)
class Function(Resource):
    """A function: its code, compared by digest, and its settings. `role` is the name of the role that it acts as.

    Runtime and architecture are those that the code says it was packed for. Environment, layers and network that
    somebody else set stay.
    """

    name: str
    role: str
    handler: str
    description: str = ""
    code: Code = Code()
    timeout: int = 900
    memory: int = 1769
    runtime: str = ""
    architecture: str = ""
    tags: Mapping[str, str] = field(default_factory=dict)
    log_group: str | None = None

    @property
    def address(self) -> str:
        return self.scope.address("function", self.name)

    @property
    def arn(self) -> str:
        return self.scope.arn("lambda", f"function:{self.name}")

    @property
    def role_arn(self) -> str:
        """The ARN of its role."""
        return self.scope.global_arn("iam", f"role/{self.role}")

    def costs(self) -> Iterator[Cost]:
        """Yield what this costs by the price table."""
        for price in (prices.LAMBDA_SECONDS, prices.LAMBDA_REQUESTS):
            yield by_use(price, self.scope.region)

    def needs(self) -> Iterator[str]:
        yield f"role/{self.role}"
        if self.log_group:
            yield self.log_group


@record
class FunctionFacts:
    """A function as it is."""

    sha256: str = ""
    role: str = ""
    handler: str = ""
    description: str = ""
    timeout: int = 3
    memory: int = 128
    runtime: str = ""
    architecture: str = "x86_64"
    tags: Mapping[str, str] = field(default_factory=dict)

    @property
    def settings(self) -> dict[str, object]:
        """What a manifest says of it beside the code."""
        return {
            "role": self.role,
            "handler": self.handler,
            "description": self.description,
            "timeout": self.timeout,
            "memory": self.memory,
            "runtime": self.runtime,
        }


def function(facts: Facts, region: str, name: str) -> FunctionFacts | None:
    """Read one function with its tags; None when there is none."""
    client = facts.aws.at(region).lambda_
    found = empty_if("ResourceNotFoundException", client.get_function, FunctionName=name)
    return understood(found["Configuration"], found.get("Tags", {})) if found else None


def understood(said: Mapping[str, Any], tagged: Mapping[str, str]) -> FunctionFacts:
    """Return a function as Lambda describes it in our words."""
    return FunctionFacts(
        said["CodeSha256"],
        said["Role"],
        said.get("Handler", ""),
        said.get("Description", ""),
        said.get("Timeout", 3),
        said.get("MemorySize", 128),
        said.get("Runtime", ""),
        said.get("Architectures", ["x86_64"])[0],
        dict(tagged),
    )


def function_reads(want: Function) -> Iterator[Read]:
    """Yield the facts that the recipe of a function reads, to prefetch them."""
    yield function, want.scope.region, want.name


def ensure_function(run: Run, want: Function) -> str:
    """Keep one function with its code, role and settings; returns its ARN. Raises TooLarge."""
    client = run.aws.at(want.scope.region).lambda_
    run.result(f"role/{want.role}")
    have = run.read(function, want.scope.region, want.name)
    runtime, architecture = platform(want)
    settings = settings_of(want, runtime)

    if have is None:
        run.create(
            "function",
            client.create_function,
            FunctionName=want.name,
            **settings,
            Architectures=[architecture],
            PackageType="Zip",
            Code={"ZipFile": content(want)},
            Tags=tags.with_origin(want),
        )
    else:
        replace_code(run, want, have, architecture)
        correct(run, want, have, settings)
    return want.arn


def settings_of(want: Function, runtime: str) -> dict[str, Any]:
    """Return the settings of a function beside its code, as Lambda names them, in the order of its facts."""
    return {
        "Role": want.role_arn,
        "Handler": want.handler,
        "Description": want.description,
        "Timeout": want.timeout,
        "MemorySize": want.memory,
        "Runtime": runtime,
    }


def replace_code(run: Run, want: Function, have: FunctionFacts, architecture: str) -> None:
    """Give a function the wanted code if it has another one."""
    wanted = {"code": want.code.digest, "architecture": architecture}
    if drift := compare({"code": have.sha256, "architecture": have.architecture}, wanted):
        run.update(
            "code",
            drift,
            run.aws.at(want.scope.region).lambda_.update_function_code,
            # What awsbase packs of itself is what runs here; a file can hold anything.
            risk=access(f"it runs what a file holds, as role/{want.role}" if want.code.data else ""),
            FunctionName=want.name,
            ZipFile=content(want),
            Architectures=[architecture],
        )


def correct(run: Run, want: Function, have: FunctionFacts, settings: dict[str, Any]) -> None:
    """Correct the settings and the tags of a function that is there."""
    client = run.aws.at(want.scope.region).lambda_
    if drift := compare(have.settings, dict(zip(have.settings, settings.values(), strict=True))):
        why = "" if have.role == want.role_arn else f"it acts as {want.role_arn}"
        run.update(
            "settings",
            drift,
            client.update_function_configuration,
            risk=access(why),
            FunctionName=want.name,
            **settings,
        )
    add_tags(run, want, have.tags, client.tag_resource, form=dict, Resource=want.arn)


def platform(want: Function) -> tuple[str, str]:
    """Return the runtime and the architecture of a function: those given, or those that its code was packed for."""
    if want.runtime and want.architecture:
        return want.runtime, want.architecture
    found = platform_of(want.code.content())
    return want.runtime or found.runtime, want.architecture or found.architecture


def content(want: Function) -> bytes:
    """Return the zip of a function. Raises TooLarge."""
    zipped = want.code.content()
    if len(zipped) > MOST_ZIPPED:
        raise TooLarge(
            f"the code of the function {want.name} has {len(zipped):,} bytes, and Lambda takes {MOST_ZIPPED:,}",
            hint="pack less: `awsbase fleet package` writes about 25 MB",
        )
    return zipped


def remove_function(run: Run, want: Function) -> None:
    """Delete a function that this manifest made."""
    have = run.read(function, want.scope.region, want.name)
    if have and tags.made_here(run, want, have.tags):
        run.delete("function", run.aws.at(want.scope.region).lambda_.delete_function, FunctionName=want.name)


def function_things(facts: Facts, scope: Scope) -> Things:
    """Yield each function of a region, as the resource that would make it just so."""
    client = facts.aws.at(scope.region).lambda_
    for page in client.get_paginator("list_functions").paginate():
        for said in page["Functions"]:
            name, address = said["FunctionName"], scope.address("function", said["FunctionName"])
            if said.get("PackageType", "Zip") != "Zip":
                yield NotExpressible(address, ("its code is a container image",))
                continue
            have = facts.read(function, scope.region, name) or understood(said, {})
            found = Function(
                scope=scope,
                name=name,
                role=have.role.partition(":role/")[2],
                handler=have.handler,
                description=have.description,
                code=Code(sha256=have.sha256),
                timeout=have.timeout,
                memory=have.memory,
                runtime=have.runtime,
                architecture=have.architecture,
            )
            yield Described(found, have.tags)


def describe_permissions(scope: Scope) -> Allows:
    """Yield the IAM permissions to list functions."""
    yield allow("lambda", "ListFunctions")
    yield allow("lambda", "GetFunction", on=(scope.at("*").arn("lambda", "function:*"),))


def read_permissions(want: Function) -> Allows:
    """Yield the IAM permissions that a plan needs."""
    yield allow("lambda", "GetFunction", on=(want.arn,))


def write_permissions(want: Function) -> Allows:
    """Yield the IAM permissions that a reconcile needs beyond those."""
    calls = ("CreateFunction", "TagResource", "UpdateFunctionCode", "UpdateFunctionConfiguration")
    yield allow("lambda", *calls, on=(want.arn,))


def removal_permissions(want: Function) -> Allows:
    """Yield the IAM permissions that a removal needs beyond those of a plan."""
    yield allow("lambda", "DeleteFunction", on=(want.arn,))


def passed_roles(want: Function) -> Passes:
    """Yield the roles that are handed to a service of AWS."""
    yield f"role/{want.role}", LAMBDA


KIND = Kind(
    ensure_function,
    function_reads,
    resource=Function,
    permissions=Permissions(read=read_permissions, write=write_permissions, passes=passed_roles),
    about=About(
        what="A Lambda function that plans or reconciles one account of a fleet for each call.",
        why="Thousands of accounts are worked on at once, on no machine of your own, as a role that can do only this.",
        undo=(TAKE_OUT, "aws lambda delete-function --function-name NAME --region REGION"),
        cost=f"{prices.LAMBDA_SECONDS.rate} and {prices.LAMBDA_REQUESTS.rate}",
    ),
    word="function",
    found_by="name",
    owns="code, role, handler, description, timeout, memory, runtime",
    keeps="environment, layers, network, tags",
    describe=Describe(function_things, describe_permissions, everywhere=True),
    absent=Absent(remove_function, permissions=removal_permissions),
)
