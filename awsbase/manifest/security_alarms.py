"""Alarms on what attackers and accidents do: the CIS controls, the alarms themselves, and what awsbase keeps."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import AfterValidator, Field

from awsbase.engine.resource import Resource
from awsbase.engine.scope import Scope
from awsbase.ensure.alarm import Alarm
from awsbase.ensure.event_rule import EventRule
from awsbase.ensure.metric_filter import MetricFilter
from awsbase.manifest.base import Base
from awsbase.manifest.notify import SECURITY, topic_name, unknown_channel
from awsbase.manifest.paths import shown
from awsbase.manifest.section import Section, Several, ValidationProblem, closest, invalid
from awsbase.manifest.values import named
from awsbase.records import record

if TYPE_CHECKING:
    from awsbase.manifest.manifest import Manifest

KEPT, ROOT_SIGN_IN = "kept-data", "root-sign-in"
# Where the console of a partition signs root in; root of GovCloud has no console, and China's region is not certain.
SIGN_IN_REGIONS = {"aws": "us-east-1"}
SIGN_IN_PATTERN: dict[str, Any] = {
    "source": ["aws.signin"],
    "detail-type": ["AWS Console Sign In via CloudTrail"],
    "detail": {"userIdentity": {"type": ["Root"]}},
}
LONGEST = 1024


@record
class Control:
    """What an alarm watches for: its number in CIS, what it means when it rings, and the patterns that count."""

    means: str
    patterns: tuple[str, ...]
    cis: str | None = None

    @property
    def description(self) -> str:
        """The alarm's description: what people read in the mail."""
        return f"{self.means} (CIS {self.cis})" if self.cis else self.means


@cache
def published() -> Mapping[str, Control]:
    """Return the controls by name, the first pattern of each word for word as CIS prints it: checkers compare text."""
    text = Path(__file__).with_name("controls.json").read_text(encoding="utf-8")
    return {
        name: Control(each["means"], tuple(each["patterns"]), each["cis"]) for name, each in json.loads(text).items()
    }


def control(value: str) -> str:
    """Accept the name of a control; raises PydanticCustomError for any other."""
    known = names()
    if value not in known:
        raise invalid(f"no control called {shown(value)}", closest(value, known) or f"there are {', '.join(known)}")
    return value


def names() -> list[str]:
    """Return the names of all controls, in the order of CIS."""
    return [*published(), KEPT, ROOT_SIGN_IN]


ControlName = Annotated[str, AfterValidator(control), Field(json_schema_extra={"enum": list(names())})]
# What may stand between quotes in a pattern; a * stands for anything.
Word = Annotated[
    str, named(r"[A-Za-z0-9_+=,.@:/*-]{1,200}", "value for a pattern: letters, digits and _+=,.@:/-, * for any")
]


class Quiet(Section):
    """Events that raise no alarm: those to which all that is given here applies."""

    event: Word | None = Field(default=None, description="The event's name, such as HeadBucket.")
    source: Word | None = Field(
        default=None,
        description="Who called, as sourceIPAddress has it: an address, or a service that AWS names there.",
    )
    caller: Word | None = Field(
        default=None, description="The ARN of the caller, such as arn:aws:sts::123456789012:assumed-role/deploy/*."
    )

    def check(self, manifest: Manifest) -> Iterator[ValidationProblem]:
        if not self.model_fields_set:
            yield ValidationProblem((), "this would silence every event", "name an event, a source or a caller")

    @property
    def unless(self) -> str:
        """The condition, as a part of a pattern, that an event is none of these."""
        differs = []
        if self.event:
            differs.append(f'($.eventName != "{self.event}")')
        if self.source:
            differs.append(f'($.sourceIPAddress != "{self.source}")')
        if self.caller:
            # What has no such field equals nothing, and CloudWatch's documents leave open whether it differs.
            differs.append(f'($.userIdentity.arn NOT EXISTS) || ($.userIdentity.arn != "{self.caller}")')
        return f"({' || '.join(differs)})"


class SecurityAlarms(Section):
    """One alarm for each control, on the log group of the audit trail; and root's sign-in within seconds."""

    controls: Literal["all"] | Several[ControlName] = Field(
        default="all",
        description="Which controls: all, or a list. An alarm each ($0.10 a month beyond the ten free ones); the "
        "metrics cost only in hours in which something happened.",
    )
    except_: Several[ControlName] = Field(
        default=(), alias="except", description="Controls that are left out of all, because you know better."
    )
    ignore: dict[ControlName, Several[Quiet]] = Field(
        default={},
        description="Events of a control that raise no alarm, such as what a deployment does every day. Checkers that "
        "compare patterns no longer know a control with one of these.",
    )
    notify: str = Field(default=SECURITY, description="The channel of the notify section that is told.")

    @property
    def wanted(self) -> list[str]:
        """Return the controls that are meant, in the order of CIS."""
        return [
            name for name in names() if (self.controls == "all" or name in self.controls) and name not in self.except_
        ]

    def check(self, manifest: Manifest) -> Iterator[ValidationProblem]:
        yield from unknown_channel(("notify",), self.notify, manifest)
        if manifest.audit is None:
            yield ValidationProblem(
                (), "security alarms watch the log group of the audit trail", "add a section `audit: {}`"
            )
        if self.controls != "all" and self.except_:
            yield ValidationProblem(("except",), "a list of controls needs no exceptions", "take them off the list")
        if not self.wanted:
            yield ValidationProblem((), "no control is left, so nobody would ever be told", "leave the section out")
        for name in self.ignore:
            if name == ROOT_SIGN_IN:
                yield ValidationProblem(("ignore", name), f"{name} is a rule without a pattern to add to")
            elif name not in self.wanted:
                yield ValidationProblem(
                    ("ignore", name), f"{name} is not among the controls", "it raises no alarm anyway"
                )
            elif any(len(each) > LONGEST for each in self.patterns(name, kept(manifest))):
                yield ValidationProblem(("ignore", name), f"with these the pattern is longer than {LONGEST} characters")

    def channels(self, home: Scope) -> Iterator[tuple[str, Scope]]:
        """Yield the channel with each place where it is spoken on."""
        yield self.notify, home
        if ROOT_SIGN_IN in self.wanted and home.partition in SIGN_IN_REGIONS:
            yield self.notify, home.at(SIGN_IN_REGIONS[home.partition])

    def patterns(self, name: str, own: Control) -> list[str]:
        """Return the patterns of a control, without what is to be ignored."""
        ours = (own if name == KEPT else published()[name]).patterns
        quiet = [each.unless for each in self.ignore.get(name, ())]
        if not quiet:
            return list(ours)
        return [f"{{ ({each.strip('{} ')}) && {' && '.join(quiet)} }}" for each in ours]

    def resources(self, base: Base, manifest: Manifest) -> Iterator[Resource]:
        """Yield the filters and the alarm of each control, and the rule for root's sign-in."""
        assert manifest.audit is not None
        own = kept(manifest, base.expand)
        log_group = base.expand(manifest.audit.log_group)
        for name in self.wanted:
            if name == ROOT_SIGN_IN:
                yield from root_sign_in(base, topic_name(base, self.notify))
                continue
            about = (own if name == KEPT else published()[name]).patterns
            watched = [
                MetricFilter(
                    scope=base.scope,
                    name=filter_name(base.name, name, number),
                    log_group=log_group,
                    pattern=pattern,
                    namespace=f"{base.name}/security",
                    metric=name,
                    about=whole,
                    made_here=(base.scope.address("log-group", log_group),),
                )
                for number, (pattern, whole) in enumerate(zip(self.patterns(name, own), about, strict=True), 1)
            ]
            yield from watched
            yield self.alarm(base, name, own if name == KEPT else published()[name], watched)

    def alarm(self, base: Base, name: str, what: Control, watched: list[MetricFilter]) -> Alarm:
        """Return the alarm of a control: rings at the first event, and is quiet when there is none."""
        topic = topic_name(base, self.notify)
        return Alarm(
            scope=base.scope,
            name=f"{base.name}-{name}",
            description=what.description,
            namespace=f"{base.name}/security",
            metric=name,
            threshold=1,
            treat_missing="notBreaching",
            actions=(base.scope.arn("sns", topic),),
            tags=base.tags,
            made_here=(base.scope.address("topic", topic), *(each.address for each in watched)),
        )


def filter_name(name: str, control: str, number: int) -> str:
    """Return what the manifest of an account calls a filter of a control."""
    return f"{name}-{control}" + (f"-{number}" if number > 1 else "")


def root_sign_in(base: Base, topic: str) -> Iterator[Resource]:
    """Yield the rule that tells of root signing in, where AWS signs root in; nothing in other partitions."""
    if base.scope.partition not in SIGN_IN_REGIONS:
        return
    scope = base.scope.at(SIGN_IN_REGIONS[base.scope.partition])
    yield EventRule(
        scope=scope,
        name=f"{base.name}-{ROOT_SIGN_IN}",
        description="Root signed in to the console, or tried to.",
        pattern=SIGN_IN_PATTERN,
        topic=scope.arn("sns", topic),
        message="Root of account <account> signed in to the console, or tried to, from <from> at <time>: <result>.",
        values={
            "account": "$.account",
            "from": "$.detail.sourceIPAddress",
            "time": "$.time",
            "result": "$.detail.responseElements.ConsoleLogin",
        },
        tags=base.tags,
        made_here=(scope.address("topic", topic),),
    )


def kept(manifest: Manifest, expand: Callable[[str], str] = str) -> Control:
    """Return the control over what awsbase keeps: the buckets of state and audit trail, and keys."""
    buckets = [expand(section.bucket) for section in (manifest.state, manifest.audit) if section]
    ours = " || ".join(f'($.requestParameters.bucketName = "{bucket}")' for bucket in buckets)
    changed = '($.eventName = "PutBucket*") || ($.eventName = "DeleteBucket*")'
    # Events name a key by its id or ARN, as the caller did, and those are not known before it is made: any key counts.
    losing = ("PutKeyPolicy", "DisableKey", "ScheduleKeyDeletion", "UpdateAlias", "DeleteAlias")
    lost = " || ".join(f"($.eventName = {name})" for name in losing)
    return Control(
        "The bucket of the state or of the audit trail was changed, or the policy or alias of a key.",
        (
            f"{{ ($.eventSource = s3.amazonaws.com) && ({changed}) && ({ours}) }}",
            f"{{ ($.eventSource = kms.amazonaws.com) && ({lost}) }}",
        ),
    )
