"""What the sandbox knows of a service of AWS is one declaration, a `Service`; this module holds what it is made of.

A rule looks at one request before moto does, after it, or both. *Before* it may refuse (raise `Refusal`), answer by
itself (return the response; moto is not asked) or change the parameters that moto is to see. *After* it amends the
response in place. What it has to remember between calls it keeps in a dataclass of its own, one per sandbox.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from fnmatch import fnmatchcase
from functools import cache
from typing import Any, TypeVar

from moto.core.model import OperationModel
from moto.core.resource_tagging import TaggedResource

from awsbase.sandbox import wire
from awsbase.sandbox.authorization.decision import Document
from awsbase.sandbox.authorization.matching import Context
from awsbase.sandbox.call_log import Call
from awsbase.sandbox.callers import ADMINISTRATOR_KEY, Caller, Callers
from awsbase.sandbox.clock import Clock
from awsbase.sandbox.http import Message, Reply
from awsbase.sandbox.in_flight import InFlight
from awsbase.sandbox.moto_state import MotoState, partition_of
from awsbase.sandbox.wire import Refusal

Memory = TypeVar("Memory")

# Where AWS lists what has no region of its own: the first region of each partition.
FIRST_REGIONS = {"aws": "us-east-1", "aws-cn": "cn-north-1", "aws-us-gov": "us-gov-west-1"}


@dataclass
class Request:
    """One request in the API's own words, with what a rule may need to judge it."""

    service: str
    operation: str
    region: str
    account: str
    caller: Caller
    params: dict[str, Any] = field(repr=False)
    sandbox: "AccountState" = field(repr=False)
    notes: dict[str, Any] = field(default_factory=dict, repr=False)
    """What a rule notes before for itself after."""

    @property
    def name(self) -> str:
        """Return the request's name, as `iam:CreateRole`."""
        return f"{self.service}:{self.operation}"

    @property
    def partition(self) -> str:
        """Return the partition of AWS that the request's region belongs to."""
        return partition_of(self.region)

    @property
    def declared(self) -> "Service":
        """Return what the sandbox knows of the request's service."""
        return self.sandbox.services.find(self.service)

    def seen_from(self, region: str) -> "Request":
        """Return the same request as if it were made in another region."""
        return replace(self, region=region)

    def memory(self, kind: type[Memory]) -> Memory:
        """Return what the sandbox remembers for a rule."""
        return self.sandbox.memory(kind)

    def call_moto(self, name: str, /, *, region: str | None = None, **params: Any) -> dict[str, Any]:
        """Call moto, as `s3:GetBucketPolicy`, and return its response. Raises Refusal when moto refuses."""
        response: dict[str, Any] = self.sandbox.call_moto(name, region=region or self.region, **params)
        return response

    def backend(self, service: str, region: str | None = None) -> Any:
        """Return moto's own object for a service in a region (of a global one, in the region's partition)."""
        return self.sandbox.backend(service, region or self.region)

    def made(self, service: str) -> Any:
        """Return moto's own object for a service in the request's region, or None where nothing has been made."""
        return self.sandbox.moto_state.made(service, self.region)


Before = Callable[[Request], dict[str, Any] | None]
After = Callable[[Request, dict[str, Any]], None]


@dataclass(frozen=True, eq=False)
class Rule:
    """Apply to the operations of a space-separated list, where `*` may stand for the rest of a name."""

    on: str
    before: Before | None = None
    after: After | None = None
    strict: bool = True
    """Off together with strictness; a rule that makes moto right, rather than strict, stays on."""

    def applies(self, name: str) -> bool:
        """Return whether the rule is about this operation."""
        return matches(self.on, name)


@cache
def about(rules: tuple[Rule, ...], name: str) -> tuple[Rule, ...]:
    """Return those of the rules that are about an operation."""
    return tuple(rule for rule in rules if rule.applies(name))


@cache
def matches(patterns: str, name: str) -> bool:
    """Return whether one of the patterns of a list fits a name."""
    return any(fnmatchcase(name, pattern) for pattern in patterns.split())


@dataclass(frozen=True)
class Need:
    """Hold one action on one resource that a policy has to allow."""

    action: str
    resource: str = "*"
    context: Mapping[str, Any] = field(default_factory=dict)
    policy: Document | None = None
    """The resource's policy, where it is not the one that is attached already."""
    otherwise: tuple[str, str] | None = None
    """The code and message that AWS answers with when it is not allowed, where that is not the usual refusal."""


Permissions = Callable[[Request], Iterable[Need]]


@dataclass(frozen=True)
class Codes:
    """Hold the error codes in which services differ; the defaults are those of most."""

    invalid: str = "ValidationException"
    """For a parameter that the API's model does not allow."""
    malformed: tuple[str, str] | None = None
    """The code and message for such a parameter in the body of a request, where they are others."""
    repeats_values: bool = True
    """Whether the message for such a parameter repeats its value."""
    tags: str = "ValidationException"
    """For a tag that nothing may have."""
    too_many_tags: str = ""
    """For the fifty-first tag; the same as `tags` unless given."""
    denied: tuple[str, int] = ("AccessDeniedException", 400)
    """For a call that no policy allows, with its HTTP status."""
    throttled: tuple[str, int] = ("ThrottlingException", 400)
    failure: str = "InternalFailure"
    """For an error of the service itself, with HTTP status 500."""
    unknown_key: tuple[str, str, int] | None = None
    """For an access key that is nobody's: code, message and HTTP status; by its protocol unless given."""


@dataclass(frozen=True)
class TagWords:
    """Hold the messages of the refusals of tags, in which services differ."""

    reserved: str = "Tag keys that begin with aws: are reserved for internal use."
    reserved_at_creation: str = ""
    """The same as `reserved` unless given."""
    too_many: str = "A resource has at most 50 tags."
    duplicate: str = ""
    """For two tags with one key; nothing where another rule or moto refuses them."""


@dataclass(frozen=True)
class Pages:
    """How long a service's pages are, and how it refuses a token that it has not given out."""

    length: int = 100
    invalid_token: str = "ValidationError"  # noqa: S105, an error code
    last_token: str | None = None
    """The token that the last page carries; most services leave it out."""


@dataclass(frozen=True)
class ResourcePolicy:
    """How the policy of a resource is found, and what is particular about it."""

    find: Callable[[Request, Need], Any]
    """Return the policy of the resource that a need is about, as moto keeps it, or nothing."""
    decides_alone: str = ""
    """The type of resource for which an identity policy counts only where the resource's own lets it."""
    context: Callable[[Request, Need], Context] = lambda request, need: {}
    """Condition keys that only the resource's policy sees."""


@dataclass(frozen=True, eq=False)
class Service:
    """Declare what the sandbox knows of one service; `name` is what boto3 calls it.

    A service without `snapshot` can be read but not written to: nothing would see what a write changed.
    """

    name: str
    rules: tuple[Rule, ...] = ()
    calls: Mapping[str, tuple[Permissions, ...]] = field(default_factory=dict)
    """What each operation needs to be allowed."""
    tags: Callable[[Request, str], Mapping[str, str]] | None = None
    """Return the tags of an ARN, where moto's own list of tagged resources does not have them."""
    tagged: Callable[[Request], Iterable[TaggedResource]] | None = None
    """Yield the resources that the tagging API lists and moto's list lacks."""
    listed_in: Callable[[Request, str], bool] | None = None
    """Return whether the tagging API lists an ARN in the request's region."""
    policy: ResourcePolicy | None = None
    pages: Pages | None = None
    words: Mapping[str, str] = field(default_factory=dict)
    """How AWS words a refusal of moto's: a pattern for moto's whole message, and a template for AWS's."""
    snapshot: Callable[["AccountState"], Any] | None = None
    """Return what an account has of the service as a value that can be compared, without dates."""
    stable_names: Callable[["AccountState"], Mapping[str, str]] | None = None
    """Return what stands in a snapshot for ids that AWS draws at random."""
    codes: Codes = Codes()
    tag_words: TagWords = TagWords()
    prefix: str = ""
    """What IAM and ARNs call the service, where that is not its name in boto3."""
    is_global: bool = False
    """Whether it has no region of its own: policies see the first region of the partition."""
    opt_in: bool = True
    """Whether it refuses a region that the account has not opted into; off for services that span regions."""
    checked_by_rules: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Parameters, by operation, that a rule checks with a better code than the model's; `name.most` is one check."""
    warm_up: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    """Cheap reads, with parameters, that load the service's model before somebody waits for it."""

    @property
    def iam_prefix(self) -> str:
        """Return what IAM's actions and ARNs call the service."""
        return self.prefix or self.name


class Services(Mapping[str, Service]):
    """Hold the services that a sandbox knows, by name."""

    def __init__(self, services: Iterable[Service]) -> None:
        self._held = {service.name: service for service in services}

    def __getitem__(self, name: str) -> Service:
        return self._held[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._held)

    def __len__(self) -> int:
        return len(self._held)

    def find(self, name: str) -> Service:
        """Return the declaration of a service; of one that nobody has declared, an empty one."""
        return self._held.get(name) or Service(name)

    def called(self, prefix: str) -> tuple[Service, ...]:
        """Return the services that IAM's actions and ARNs call so."""
        return tuple(service for service in self._held.values() if service.iam_prefix == prefix)


class AccountState(ABC):
    """Hold what an account has and has chosen; rules read and change it."""

    def __init__(
        self,
        services: Sequence[Service],
        *,
        strict: bool = True,
        account: str = "123456789012",
        pages: int | None = None,
        world: "WorldState | None" = None,
    ) -> None:
        self.world = world
        self.services = world.services if world else Services(services)
        self.strict = strict
        self.account = account
        self.pages = pages
        self.billing_api = True
        self.root_mfa = False
        self.root_hardware = False
        self.root_password = True
        self.root_keys = False
        self.bills_shown = True
        self.cost_explorer = True
        self.central_root: set[str] = set()
        self.opted_in: set[str] = set()
        self.service_control_policies: list[Document] = []
        self.calls: list[Call] = []
        self.history: list[Call] = []
        self.history_lag = timedelta()
        self.address = "127.0.0.1"
        self.clock = world.clock if world else Clock()
        self.in_flight = world.in_flight if world else InFlight()
        self.callers = Callers(account, owners=world.owners) if world else Callers(account)
        self.moto_state = world.moto_state.seen_by(account) if world else MotoState(account)
        self.memories: dict[type, Any] = {}

    @abstractmethod
    def open_beside(self, account: str) -> "AccountState":
        """Open another account, empty, and return it."""

    def forget_calls(self) -> None:
        """Forget the calls so far."""
        self.calls.clear()
        self.history.clear()

    def memory(self, kind: type[Memory]) -> Memory:
        """Return what a rule remembers in this sandbox."""
        found: Memory = self.memories.setdefault(kind, kind())
        return found

    def backend(self, service: str, region: str, account: str | None = None) -> Any:
        """Return moto's own object for a service in a region (of a global one, in the region's partition)."""
        return self.moto_state.backend(service, region, account)

    def backends(self, service: str) -> dict[str, Any]:
        """Return moto's own objects for a service by region, for the regions in use."""
        return self.moto_state.backends(service)

    def call_moto(self, name: str, /, *, region: str = "us-east-1", account: str | None = None, **params: Any) -> Any:
        """Call moto and return its response: no rule, no fault, no record. Raises Refusal when moto refuses."""
        service, _, called = name.partition(":")
        operation = wire.operation(service, called)
        return wire.understand(operation, self._send(operation, params, region, account))

    def _send(self, operation: OperationModel, params: Mapping[str, Any], region: str, account: str | None) -> Reply:
        service = operation.service_model.service_name
        scope = f"{ADMINISTRATOR_KEY}/20300101/{region}/{operation.service_model.signing_name}/aws4_request"
        url = wire.address(service, region, account or self.account)
        addressed = Message("POST", url, {"Authorization": f"AWS4-HMAC-SHA256 Credential={scope}"}, b"")
        reply = self.moto_state.send(service, region, wire.write(operation, params, addressed), account)
        if reply is None:
            raise wire.gap(service, str(operation.name))
        return reply


class WorldState(ABC):
    """Hold what several accounts share; rules find the other accounts here."""

    def __init__(self, services: Sequence[Service], *, strict: bool, account: str) -> None:
        self.services = Services(services)
        self.strict = strict
        self.clock = Clock()
        self.in_flight = InFlight()
        self.owners: dict[str, str] = {}
        """The account of each access key that was handed out or used."""
        self.moto_state = MotoState(account)
        self.memories: dict[type, Any] = {}
        self.accounts: Mapping[str, AccountState] = {}
        self.rules: tuple[Rule, ...] = ()

    @abstractmethod
    def add(self, account: str) -> AccountState:
        """Open one more account, empty, and return it. Raises ValueError when there is one with this id."""

    @abstractmethod
    def answer(self, message: Message) -> Reply:
        """Answer one request in the account of its key."""

    def memory(self, kind: type[Memory]) -> Memory:
        """Return what a rule remembers of all accounts together."""
        found: Memory = self.memories.setdefault(kind, kind())
        return found


def unknown_key(service: Service) -> Refusal:
    """Return the refusal of a key that is nobody's, in the words of a service."""
    if service.codes.unknown_key:
        return Refusal(*service.codes.unknown_key)
    code = "InvalidClientTokenId" if wire.answers_in_xml(service.name) else "UnrecognizedClientException"
    return Refusal(code, "The security token included in the request is invalid.", 403)
