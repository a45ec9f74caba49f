"""The fleet sections: the engine that works on many accounts at once, and what lets it into each of them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import Field

from awsbase.bundle import unsuitable
from awsbase.ensure.bucket import Bucket
from awsbase.ensure.function import LAMBDA, Code, Function
from awsbase.ensure.log_group import LogGroup
from awsbase.ensure.role import Role
from awsbase.ensure.state_machine import STATES, StateMachine
from awsbase.facts.lifecycle import Expiry
from awsbase.manifest.base import Base
from awsbase.manifest.files import Zip
from awsbase.manifest.fleet_map import definition
from awsbase.manifest.section import Section, ValidationProblem
from awsbase.manifest.values import BucketName, LogRetention, RoleName, named
from awsbase.policies import Document
from awsbase.records import record

if TYPE_CHECKING:
    pass

Mode = Literal["plan", "apply"]
MODES: tuple[Mode, ...] = ("plan", "apply")
HANDLER = "awsbase.fleet.stepfunctions.handler.handle"
LONGEST_ROLE = 64


Share = Annotated[str, named(r"(100|[0-9]{1,2})(\.[0-9])?%", "share of the accounts: like 2%")]


class FleetRoles(Section):
    """The two roles that each account has for the fleet. What plans has one that cannot write."""

    plan: RoleName = Field(default="awsbase-fleet-plan", description="The role that plans.")
    apply: RoleName = Field(default="awsbase-fleet-apply", description="The role that reconciles.")

    def check(self, manifest: object) -> Iterator[ValidationProblem]:
        """Yield names that are one, or too long for the hub's roles, which are called after them."""
        if self.plan.casefold() == self.apply.casefold():
            yield ValidationProblem(("apply",), "one role plans and writes", "give it another name than plan has")
        for mode in MODES:
            if len(worker(self.of(mode))) > LONGEST_ROLE:
                most = LONGEST_ROLE - len(worker(""))
                yield ValidationProblem((mode,), "the hub's role is called after it", f"take {most} characters at most")

    def of(self, mode: Mode) -> str:
        """Return the role of a mode."""
        return self.plan if mode == "plan" else self.apply


def worker(role: str) -> str:
    """Return the name of the role in the hub as which the function acts that may assume a role of the accounts."""
    return f"{role}-worker"


@record
class Names:
    """What the engine's parts of one mode are called in the hub."""

    machine: str
    function: str
    worker: str
    map_role: str
    log_group: str
    bucket: str
    role: str
    """The role that is assumed in each account."""


class Fleet(Section):
    """The engine of a fleet, in the account that is its hub: Step Functions calls a function for each account."""

    engine: Literal["stepfunctions"] = Field(
        default="stepfunctions", description="What works on the accounts: AWS Step Functions, with Lambda."
    )
    at_once: int = Field(
        default=40,
        ge=1,
        le=1000,
        description="How many accounts at once; `awsbase fleet slow RUN 20` changes it.",
    )
    tolerate: Share = Field(
        default="2%", description="How many of the accounts may fail before a run stops: a share, like 2%."
    )
    roles: FleetRoles = Field(default_factory=FleetRoles, description="The roles in the accounts.")
    bucket: BucketName = Field(
        default="{name}-fleet", description="The bucket of items and results; its name must be free in the world."
    )
    keep_days: LogRetention = Field(default=90, description="How long items, results and logs are kept.")
    memory: int = Field(default=1769, ge=512, le=10240, description="MB of a function; 1,769 are one processor.")
    minutes: int = Field(default=15, ge=1, le=15, description="How long one account may take.")
    code: Zip | None = Field(
        default=None,
        description="A zip that `awsbase fleet package` wrote; left out, awsbase as it is installed here is packed.",
    )

    def check(self, manifest: object) -> Iterator[ValidationProblem]:
        """Yield packages that do not run on Lambda."""
        if self.code is None and (why := unsuitable()):
            hint = "pack wheels for Lambda with `awsbase fleet package`, and name that file here"
            yield ValidationProblem(("code",), f"the packages that are installed here {why}", hint)

    @property
    def tolerated(self) -> float:
        """How many of a hundred accounts may fail."""
        return float(self.tolerate.rstrip("%"))

    def names(self, base: Base, mode: Mode) -> Names:
        """Return what the engine's parts of a mode are called."""
        role = self.roles.of(mode)
        return Names(
            machine=role,
            function=role,
            worker=worker(role),
            map_role=f"{role}-map",
            log_group=f"/aws/lambda/{role}",
            bucket=base.expand(self.bucket),
            role=role,
        )

    def resources(self, base: Base, manifest: object) -> Iterator[Any]:
        """Yield the bucket, and for each mode the logs, the roles, the function and the state machine."""
        yield Bucket(
            scope=base.scope,
            name=base.expand(self.bucket),
            expiries=(
                Expiry("unfinished-uploads", unfinished_uploads=7),
                Expiry("runs", prefix="runs/", objects=self.keep_days, old_versions=1),
            ),
            tags=base.tags,
            named_at="fleet.bucket",
        )
        for mode in MODES:
            yield from self._engine(base, self.names(base, mode))

    def _engine(self, base: Base, names: Names) -> Iterator[Any]:
        scope = base.scope
        logs = LogGroup(scope=scope, name=names.log_group, retention=self.keep_days, tags=base.tags)
        yield logs
        yield Role(
            scope=scope,
            name=names.worker,
            trust=trusting(LAMBDA),
            inline={"work": working(base, names)},
            purpose=f"Assumes {names.role} in the accounts of the fleet, and keeps results",
            tags=base.tags,
        )
        function = Function(
            scope=scope,
            name=names.function,
            role=names.worker,
            handler=HANDLER,
            description=f"Works on one account of the fleet as {names.role}",
            code=Code(self.code.data) if self.code else Code(),
            timeout=self.minutes * 60,
            memory=self.memory,
            tags=base.tags,
            log_group=logs.address,
        )
        yield Role(
            scope=scope,
            name=names.map_role,
            trust=trusting(STATES, {"StringEquals": {"aws:SourceAccount": scope.account}}),
            inline={"map": mapping(base, names, function.arn)},
            purpose=f"Calls the function {names.function} for each account of a run",
            tags=base.tags,
        )
        yield function
        yield StateMachine(
            scope=scope,
            name=names.machine,
            definition=definition(scope.partition, names.function, names.bucket),
            role=names.map_role,
            tags=base.tags,
            made_here=(function.address, scope.address("bucket", names.bucket)),
        )


def trusting(service: str, condition: Document | None = None) -> Document:
    """Return the trust of a role for a service of AWS."""
    statement = {"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"}
    return {"Version": "2012-10-17", "Statement": [{**statement, **({"Condition": condition} if condition else {})}]}


def allowed(sid: str, actions: list[str], resources: list[str]) -> Document:
    """Return a statement that allows actions on resources."""
    return {"Sid": sid, "Effect": "Allow", "Action": actions, "Resource": resources}


def working(base: Base, names: Names) -> Document:
    """Return what the function may do: assume one role in any account, read items, write results and logs."""
    scope = base.scope
    runs = f"arn:{scope.partition}:s3:::{names.bucket}/runs/*"
    logs = scope.arn("logs", f"log-group:{names.log_group}:*")
    return {
        "Version": "2012-10-17",
        "Statement": [
            allowed(
                "EnterAccounts",
                ["sts:AssumeRole", "sts:SetSourceIdentity"],
                [f"arn:{scope.partition}:iam::*:role/{names.role}"],
            ),
            allowed("ReadItems", ["s3:GetObject"], [f"{runs}/items/*"]),
            allowed("WriteResults", ["s3:PutObject"], [f"{runs}/results/*"]),
            allowed("Log", ["logs:CreateLogStream", "logs:PutLogEvents"], [logs]),
        ],
    }


def mapping(base: Base, names: Names, function: str) -> Document:
    """Return what the state machine may do: read the list of items, call its function, run its own children.

    https://docs.aws.amazon.com/step-functions/latest/dg/iam-policies-eg-dist-map.html
    """
    scope = base.scope
    return {
        "Version": "2012-10-17",
        "Statement": [
            allowed("ReadItems", ["s3:GetObject"], [f"arn:{scope.partition}:s3:::{names.bucket}/runs/*/items.json"]),
            allowed("CallFunction", ["lambda:InvokeFunction"], [function, f"{function}:*"]),
            allowed("StartChildren", ["states:StartExecution"], [scope.arn("states", f"stateMachine:{names.machine}")]),
            allowed(
                "RunChildren",
                ["states:DescribeExecution", "states:RedriveExecution", "states:StopExecution"],
                [scope.arn("states", f"execution:{names.machine}/*")],
            ),
        ],
    }
