"""Parameters of Systems Manager that tell others an id, an ARN or a name, such as Terraform."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import field
from typing import Any

from awsbase.access.attributes import add_tags
from awsbase.engine.changes import Drift, Unknown, unknowns
from awsbase.engine.facts import Facts, Read
from awsbase.engine.kind import TAKE_OUT, About, Absent, Kind
from awsbase.engine.permissions import Allows, Permissions, allow
from awsbase.engine.references import Reference, resolve
from awsbase.engine.resource import Resource
from awsbase.engine.risk import deletion
from awsbase.engine.run import Run
from awsbase.engine.scope import Scope
from awsbase.engine.things import Describe, Described, LeftAlone, NotExpressible, Things
from awsbase.errors import AwsbaseError
from awsbase.facts import tags
from awsbase.records import record

SECURE = "SecureString"
# Each account gives its id, so that this name tells below which path a manifest keeps its outputs.
EVERY_ACCOUNT = "/account_id"
OF_CDK = "/cdk-bootstrap/"
# AWS's own policies let the CloudWatch agent read these names and no others:
# https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/create-iam-roles-for-cloudwatch-agent.html
OF_AGENTS = "AmazonCloudWatch-"


class TakenParameter(AwsbaseError):
    """A parameter of this name is of a type that AWS does not change, or is a secret of somebody's."""


@record(kw_only=True)
class Parameter(Resource):
    """A parameter below `path` with one value, or a `listed` one with several.

    One without a path is read by its name. `needed` are the addresses of what must be there, where a value is known
    before; `purpose` is what people read beside it, where it is no output of the manifest.
    """

    name: str
    path: str
    values: tuple[Reference | str, ...]
    listed: bool = False
    needed: tuple[str, ...] = ()
    purpose: str = ""
    tags: Mapping[str, str] = field(default_factory=dict)

    @property
    def address(self) -> str:
        return self.scope.address("parameter", self.name)

    @property
    def arn(self) -> str:
        return parameter_arn(self.scope, self.name)

    @property
    def type(self) -> str:
        return "StringList" if self.listed else "String"

    def needs(self) -> Iterator[str]:
        told = [each.address for each in self.values if isinstance(each, Reference)]
        yield from dict.fromkeys([*told, *self.needed])


def parameter_arn(scope: Scope, name: str) -> str:
    """Return the ARN of a parameter, in which a slash stands before its name."""
    return scope.arn("ssm", f"parameter/{name.removeprefix('/')}")


@record
class ParameterFacts:
    """A parameter as it is; the value of a secret one is not kept."""

    type: str
    value: Any


def parameters(facts: Facts, region: str, path: str) -> Mapping[str, Mapping[str, Any]]:
    """List the parameters below a path by name, as AWS tells of them, ten a call; secret ones stay encrypted."""
    pages = facts.aws.at(region).ssm.get_paginator("get_parameters_by_path")
    listed = pages.paginate(Path=path, Recursive=True, WithDecryption=False)
    return {found["Name"]: found for page in listed for found in page["Parameters"]}


def parameter_named(facts: Facts, region: str, name: str) -> Mapping[str, Mapping[str, Any]]:
    """Read one parameter by its name, as `parameters` does for all of a path."""
    found = facts.aws.at(region).ssm.get_parameters(Names=[name], WithDecryption=False)["Parameters"]
    return {each["Name"]: each for each in found}


def parameter(facts: Facts, region: str, path: str, name: str) -> ParameterFacts | None:
    """Return one parameter, below a path if one is given; None when it is not there."""
    there = facts.read(parameters, region, path) if path else facts.read(parameter_named, region, name)
    if (found := there.get(name)) is None:
        return None
    return ParameterFacts(found["Type"], "" if found["Type"] == SECURE else found["Value"])


def parameter_names(facts: Facts, region: str) -> tuple[str, ...]:
    """List the names of all parameters of a region, fifty a call."""
    pages = facts.aws.at(region).ssm.get_paginator("describe_parameters").paginate(PaginationConfig={"PageSize": 50})
    return tuple(each["Name"] for page in pages for each in page["Parameters"])


def parameter_tags(facts: Facts, region: str, name: str) -> Mapping[str, str]:
    """Read the tags of one parameter from Systems Manager itself."""
    answer = facts.aws.at(region).ssm.list_tags_for_resource(ResourceType="Parameter", ResourceId=name)
    return {tag["Key"]: tag["Value"] for tag in answer["TagList"]}


def parameter_reads(want: Parameter) -> Iterator[Read]:
    """Yield the facts that the recipe of a parameter reads, to prefetch them."""
    yield (parameters, want.scope.region, want.path) if want.path else (parameter_named, want.scope.region, want.name)
    yield tags.indexed, want.scope.region


def ensure_parameter(run: Run, want: Parameter) -> None:
    """Keep one parameter with its value."""
    region = want.scope.region
    ssm = run.aws.at(region).ssm
    value = value_of(run, want)
    have = run.read(parameter, region, want.path, want.name)
    refuse_other_type(want, have)
    ask = (parameter_tags, region, want.name)
    tagged = tags.current(run, want, region, want.arn, ask) if have else tags.wanted(want)

    if have is None:
        run.create(
            "parameter",
            ssm.put_parameter,
            Name=want.name,
            Value=value,
            Type=want.type,
            Description=description(want),
            Tier="Standard",
            Tags=tags.pairs(tags.with_origin(want)),
        )
        have = ParameterFacts(want.type, value)

    if not means_the_same(have.value, value):
        ours = tags.is_ours(tagged, want.scope)
        run.update(
            "value",
            # A person may have put a password here as plain text.
            [Drift("value", have.value if ours else "another one", value)],
            ssm.put_parameter,
            risk=deletion("" if ours else "this manifest did not make it: its owner loses the value"),
            Name=want.name,
            Value=value,
            Type=want.type,
            Description=description(want),
            # Neither is an advanced one refused, nor does a default of the account make one that costs.
            Tier="Intelligent-Tiering",
            Overwrite=True,
        )

    # AWS refuses tags together with Overwrite.
    add_tags(run, want, tagged, ssm.add_tags_to_resource, ResourceType="Parameter", ResourceId=want.name)


def remove_parameter(run: Run, want: Parameter) -> None:
    """Delete one parameter that this manifest made."""
    region = want.scope.region
    if run.read(parameter, region, want.path, want.name) is None:
        return

    if tags.made_here(run, want, run.read(parameter_tags, region, want.name)):
        run.delete("parameter", run.aws.at(region).ssm.delete_parameter, Name=want.name)


def value_of(run: Run, want: Parameter) -> Any:
    """Return the value: those of a list with commas between them; Unknown while one of them is."""
    found = [resolve(run, each) for each in want.values]
    parts = [each["id"] if isinstance(each, Mapping) else each for each in found]
    return Unknown(f"the value of {want.name}") if any(unknowns(parts)) else ",".join(parts)


def means_the_same(have: Any, want: Any) -> bool:
    """Tell whether a value is the wanted one; a configuration in JSON may be written in another way."""
    if have == want or not (isinstance(have, str) and isinstance(want, str) and want.startswith("{")):
        return bool(have == want)
    try:
        return bool(json.loads(have) == json.loads(want))
    except ValueError:
        return False


def description(want: Parameter) -> str:
    """Return what people read beside the parameter in the console."""
    return want.purpose or f"An output of the manifest {want.scope.name}, kept by awsbase"


def refuse_other_type(want: Parameter, have: ParameterFacts | None) -> None:
    """Raise TakenParameter for a secret parameter, and for one of another type: AWS does not change that."""
    if have is None or have.type == want.type:
        return
    if have.type == SECURE:
        raise TakenParameter(
            f"the parameter {want.name} is a {SECURE}, which awsbase neither decrypts nor overwrites",
            hint="choose another path in outputs.parameters" if want.path else "give that one another name",
        )
    raise TakenParameter(
        f"the parameter {want.name} is a {have.type} and has to be a {want.type}, and AWS changes no type",
        hint=f"if nobody else uses it: aws ssm delete-parameter --name {want.name} --region {want.scope.region}",
    )


def things(facts: Facts, scope: Scope) -> Things:
    """Yield the parameters of a region: those that awsbase keeps with their values, all others by name alone."""
    region, index = scope.region, facts.read(tags.indexed, scope.region)
    # A name without a path has no slash before it, but its ARN does.
    ours = {
        name: index[arn] for name in facts.read(parameter_names, region) if (arn := parameter_arn(scope, name)) in index
    }
    paths = [name.removesuffix(EVERY_ACCOUNT) for name in ours if name.endswith(EVERY_ACCOUNT)]
    for name in facts.read(parameter_names, region):
        path = next((each for each in paths if name in ours and name.startswith(f"{each}/")), "")
        by_name = name in ours and name.startswith(OF_AGENTS)
        have = facts.read(parameter, region, path, name) if path or by_name else None
        if name.startswith(OF_CDK):
            yield LeftAlone(scope.address("parameter", name), "AWS CDK", "by its name, which bootstrapping gives")
            continue
        if have is None or have.type == SECURE:
            yield NotExpressible(scope.address("parameter", name), ("parameters of others are not kept",))
            continue
        listed = have.type == "StringList"
        values = tuple(have.value.split(",")) if listed else (have.value,)
        yield Described(Parameter(scope=scope, name=name, path=path, values=values, listed=listed), ours[name])


def describe_permissions(scope: Scope) -> Allows:
    """Yield the IAM permissions that it takes to list parameters."""
    yield tags.TAG_INDEX
    yield allow("ssm", "DescribeParameters")
    yield allow("ssm", "GetParameters", "GetParametersByPath", on=(scope.arn("ssm", "parameter/*"),))


def read_permissions(want: Parameter) -> Allows:
    """Yield the IAM permissions that a plan needs."""
    yield tags.TAG_INDEX
    if want.path:
        below = parameter_arn(want.scope, want.path)
        yield allow("ssm", "GetParametersByPath", on=(below, f"{below}/*"))
    else:
        yield allow("ssm", "GetParameters", on=(want.arn,))
    yield allow("ssm", "ListTagsForResource", on=(want.arn,))


def write_permissions(want: Parameter) -> Allows:
    """Yield the IAM permissions that a reconcile needs beyond those."""
    yield allow("ssm", "AddTagsToResource", "PutParameter", on=(want.arn,))


def removal_permissions(want: Parameter) -> Allows:
    """Yield the IAM permissions that deleting one needs beyond those of a plan."""
    yield allow("ssm", "DeleteParameter", on=(want.arn,))


KIND = Kind(
    ensure_parameter,
    parameter_reads,
    resource=Parameter,
    permissions=Permissions(read=read_permissions, write=write_permissions),
    about=About(
        what="An id, an ARN or a name in Parameter Store, for Terraform and others to read.",
        why="Terraform and scripts read what is there. Ids that somebody copied into files grow old.",
        undo=(TAKE_OUT, "aws ssm delete-parameter --name NAME --region REGION, when nobody reads it any more"),
    ),
    word="parameter",
    found_by="name",
    owns="its value",
    keeps="description, tags",
    describe=Describe(things, describe_permissions, everywhere=True),
    absent=Absent(remove_parameter, permissions=removal_permissions),
)
