"""The log_groups section: where servers, containers and functions write, and for how long that is kept."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import AfterValidator, Field

from awsbase.engine.scope import Scope
from awsbase.ensure import log_retention
from awsbase.ensure.log_group import LogGroup, log_group_arn
from awsbase.ensure.parameter import OF_AGENTS, Parameter, parameter_arn
from awsbase.manifest.audit import log_statement
from awsbase.manifest.base import Base
from awsbase.manifest.holders import holder_problems, policy_of
from awsbase.manifest.merge import KeyUse, Yielded
from awsbase.manifest.outputs import Output
from awsbase.manifest.section import Section, Several, ValidationProblem
from awsbase.manifest.values import KmsAlias, LogRetention, OtherNames, RoleName, named
from awsbase.policies import Document

if TYPE_CHECKING:
    from awsbase.manifest.manifest import Manifest

WORD = "logs"
# What syslog writes on Amazon Linux, Red Hat and SUSE, and on Debian and Ubuntu. The agent waits for files that are
# not there.
SYSLOG = ("/var/log/messages", "/var/log/secure", "/var/log/syslog", "/var/log/auth.log")
CLASSES = {"standard": "STANDARD", "infrequent-access": "INFREQUENT_ACCESS", "essentials": "ESSENTIALS"}
WRITES = ["logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutLogEvents"]

LogGroupPattern = Annotated[
    str,
    named(
        r"(?!aws/)[A-Za-z0-9._/#*-]{1,512}",
        "log group name: 1 to 512 letters, digits and ._/#-, not under aws/, or a pattern with * in it",
    ),
]
# https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/protect-sensitive-log-data-types.html
DataIdentifier = Annotated[
    str,
    named(r"[A-Z][A-Za-z]*(-[A-Z]{2})?", "data identifier of CloudWatch Logs: like EmailAddress, or like Ssn-US"),
]


class LogGroupSpec(Section):
    """One log group, or, under a pattern, how long groups keep events that nobody has said it of."""

    retention_days: LogRetention = Field(
        default=365,
        description="How long events are kept. Under a pattern, of groups that are there and have no retention.",
    )
    key: KmsAlias | None = Field(
        default=None,
        description="The alias of a key to encrypt under, which AWS charges $1 a month for however many groups; left "
        "out, the group keeps the key that it has, or CloudWatch's own.",
    )
    log_class: Literal["standard", "infrequent-access", "essentials"] | None = Field(
        default=None,
        alias="class",
        description="The log class, which AWS never changes: infrequent-access takes in a GB for half the price, and "
        "has neither metric filters nor subscriptions. Left out, standard, or that of a group that is there.",
    )
    protect: bool | None = Field(
        default=None, description="Protect the group from deletion; left out, that stays as it is."
    )
    mask: Several[DataIdentifier] | None = Field(
        default=None,
        description="What is hidden in new events from whoever lacks logs:Unmask, such as EmailAddress; $0.12 a GB. "
        "Left out, that stays as it is.",
    )
    writers: Several[RoleName] = Field(
        default=(),
        description="Roles of iam.roles that may write: those of servers, of tasks of ECS (the awslogs driver's) or of "
        "functions. They get one policy each for all their groups.",
    )
    preset: Literal["syslog"] | None = Field(
        default=None,
        description="syslog: keep a configuration for the CloudWatch agent that sends a server's syslog here, in "
        "Parameter Store, and let the writers read it.",
    )

    def check(self, manifest: Manifest) -> Iterator[ValidationProblem]:
        """Yield writers that the manifest does not define, and what a pattern or a class cannot have."""
        every = writers(manifest.log_groups or {})
        yield from holder_problems(self.writers, ("writers",), manifest, WORD, every, roles_only=True)
        if self.mask and self.log_class == "essentials":
            yield ValidationProblem(("mask",), "CloudWatch Logs masks nothing in the class essentials", "leave it out")
        name = next((each for each, spec in (manifest.log_groups or {}).items() if spec is self), "")
        if "*" not in name:
            return
        annotations = {info.alias or key: key for key, info in type(self).model_fields.items()}
        for key, field in annotations.items():
            if field != "retention_days" and getattr(self, field) not in (None, ()):
                message = f"{name} is a pattern, which gives a retention to groups and nothing else"
                yield ValidationProblem((key,), message, "name the log group that it is for")

    def resource(self, name: str, base: Base) -> LogGroup:
        """Return the log group."""
        return LogGroup(
            scope=base.scope,
            name=name,
            retention=self.retention_days,
            key=base.scope.address("key", base.expand(self.key).removeprefix("alias/")) if self.key else None,
            tags=base.tags,
            named_at="log_groups",
            log_class=CLASSES[self.log_class] if self.log_class else "",
            protect=self.protect,
            mask=self.mask,
        )


class LogGroups(dict[str, LogGroupSpec]):
    """The log groups by name, and the retentions by pattern."""

    def resources(self, base: Base, manifest: Manifest) -> Iterator[Yielded]:
        """Yield keys and log groups, the agent's configurations, a policy for each writer, and then the patterns."""
        groups = {name: spec for name, spec in self.items() if "*" not in name}
        yield from key_uses(base, groups)
        yield from (spec.resource(name, base) for name, spec in groups.items())
        yield from (agent(base, name) for name, spec in groups.items() if spec.preset)
        for writer in writers(groups):
            theirs = {name: spec for name, spec in groups.items() if writer in spec.writers}
            first = next(iter(theirs))
            at = (first, "writers", theirs[first].writers.index(writer))
            yield from policy_of(base, manifest, WORD, writer, writing(base.scope, theirs), at)
        for name, spec in self.items():
            if "*" in name:
                yield log_retention.LogRetention(scope=base.scope, pattern=name, retention=spec.retention_days)

    def outputs(self, base: Base, manifest: Manifest) -> Iterator[Output]:
        """Yield the name of each log group, for whoever writes to it."""
        for name in self:
            if "*" not in name:
                there = base.scope.address("log-group", name)
                data = ("aws_cloudwatch_log_group", "name")
                yield Output("log_group_names", name, key=name, data=data, needs=there)


def writers(groups: Mapping[str, LogGroupSpec]) -> list[str]:
    """Return every role that writes to one of these log groups."""
    return list(dict.fromkeys(each for spec in groups.values() for each in spec.writers))


def as_log_groups(value: dict[str, LogGroupSpec]) -> LogGroups:
    """Return the log groups as a part of the manifest that yields resources."""
    return LogGroups(value)


LogGroupsSection = Annotated[dict[LogGroupPattern, LogGroupSpec], OtherNames, AfterValidator(as_log_groups)]


def key_uses(base: Base, groups: dict[str, LogGroupSpec]) -> Iterator[KeyUse]:
    """Yield each key once, with what CloudWatch Logs needs of it for all its groups."""
    keyed = {name: base.expand(spec.key) for name, spec in groups.items() if spec.key}
    for alias in dict.fromkeys(keyed.values()):
        names = [name for name in keyed if keyed[name] == alias]
        yield KeyUse(
            scope=base.scope,
            alias=alias,
            purpose="Logs in CloudWatch",
            statements=(log_statement(base.scope, *names),),
            tags=base.tags,
            at=(names[0], "key"),
        )


def agent(base: Base, group: str) -> Parameter:
    """Return the configuration of the CloudWatch agent that sends a server's syslog to a log group."""
    return Parameter(
        scope=base.scope,
        name=agent_parameter(group),
        path="",
        values=(json.dumps(agent_configuration(group), separators=(",", ":")),),
        purpose=f"Configuration of the CloudWatch agent: syslog to {group}, kept by awsbase",
        tags=base.tags,
    )


def agent_parameter(group: str) -> str:
    """Return the name of the parameter that holds the agent's configuration for a log group."""
    return OF_AGENTS + re.sub(r"[^A-Za-z0-9._-]+", "-", group).strip("-")


def agent_configuration(group: str) -> dict[str, Any]:
    """Return what the CloudWatch agent is told: a stream for each machine and file.

    https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch-Agent-Configuration-File-Details.html
    """
    files = [
        {"file_path": path, "log_group_name": group, "log_stream_name": f"{{instance_id}}{path}"} for path in SYSLOG
    ]
    return {"logs": {"logs_collected": {"files": {"collect_list": files}}}}


def writing(scope: Scope, groups: dict[str, LogGroupSpec]) -> Document:
    """Let somebody write to these log groups, which are made beforehand, and read the agent's configurations."""
    arns = [log_group_arn(scope, name) for name in groups]
    write = {
        "Sid": "Write",
        "Effect": "Allow",
        "Action": WRITES,
        "Resource": [each for arn in arns for each in (arn, f"{arn}:*")],
    }
    configured = [parameter_arn(scope, agent_parameter(name)) for name, spec in groups.items() if spec.preset]
    read = {"Sid": "Configure", "Effect": "Allow", "Action": "ssm:GetParameter", "Resource": configured}
    return {"Version": "2012-10-17", "Statement": [write, *([read] if configured else [])]}
