"""What moto holds for one sandbox, and the only way into moto.

moto keeps its state in module-level dictionaries and is not thread safe. A MotoState puts its own into them while it is
open, and takes it out again when another one opens. So several sandboxes live side by side in a process.
"""

import copyreg
import os
import re
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from copy import deepcopy
from functools import cache
from io import BytesIO
from threading import Lock, RLock
from typing import Any
from urllib.parse import unquote_to_bytes, urlsplit
from weakref import finalize

from moto import backend_index, backends
from moto.core.base_backend import AccountSpecificBackend, BackendDict
from moto.core.model_instances import reset_model_data
from moto.core.request import (
    PRESERVED_HEADER_NAMES_ENVIRON_KEY,
    Request,
    environ_key_for_header,
    should_preserve_original_header_name,
)
from moto.moto_api._internal import mock_random
from moto.s3.models import FakeKey
from moto.utilities.utils import get_partition
from werkzeug.exceptions import HTTPException

from awsbase.sandbox.aws_policies import aws_policies
from awsbase.sandbox.http import Message, Reply
from awsbase.sandbox.model_loader import model_loader
from awsbase.sandbox.moto_loading import forget_subnets, load_images_late, load_late, make_key_pairs_late

# Registers outside of the per-account dictionaries, by their attribute on the backend dictionary.
# deepcopy refuses them.
LOCKS = (type(Lock()), type(RLock()))
REGISTERS = ("bucket_accounts", "master_accounts")

# A URL of which nothing has to be written otherwise.
PLAIN_URL = re.compile(r"https://[a-z0-9.-]+/(?!/)[A-Za-z0-9/._~%:?&=+,@-]*")

LENGTHS = ("content-length", "transfer-encoding")

_lock = RLock()
_active: list["_Held"] = []


@cache
def name_defaults_alike() -> None:
    """Let a region's own network have the same ids in each new sandbox of an account, whichever call comes first."""
    from moto.ec2.models import EC2Backend

    make = EC2Backend.__init__

    def made(ec2: Any, region_name: str, account_id: str) -> None:
        before = mock_random.getstate()
        mock_random.seed(f"{account_id} {region_name}")
        try:
            make(ec2, region_name, account_id)
        finally:
            mock_random.setstate(before)

    EC2Backend.__init__ = made


@cache
def copy_parameters() -> None:
    """Let copy know how moto's dictionary of parameters is made: it takes arguments."""
    from moto.ssm.models import ParameterDict

    def reduced(held: Any) -> tuple[Any, ...]:
        return ParameterDict, (held.account_id, held.region_name), vars(held), None, iter(held.items())

    copyreg.pickle(ParameterDict, reduced)


class _Held:
    """What moto holds for the accounts that know each other; in moto's own dictionaries while it is open."""

    def __init__(self) -> None:
        self.accounts: set[str] = set()
        self.furnished: set[tuple[str, str]] = set()
        self._kept: list[tuple[Any, dict[str, Any], dict[str, Any]]] = []
        self._objects: list[FakeKey] = []
        finalize(self, _close, self._objects)

    def enter(self) -> None:
        """Let moto see this."""
        # moto remembers every object that it ever made; only the files behind S3's must not be forgotten.
        reset_model_data()
        FakeKey.instances_tracked = self._objects
        for holder, accounts, registers in self._kept:
            holder.update(accounts)
            BackendDict._instances.append(holder)
            for name, register in registers.items():
                setattr(holder, name, register)
        self._kept = []

    def leave(self) -> None:
        """Take this out of moto's sight."""
        for holder in BackendDict._instances:
            registers = {name: getattr(holder, name) for name in REGISTERS if hasattr(holder, name)}
            self._kept.append((holder, dict(holder.items()), registers))
            holder.clear()
            for name in registers:
                setattr(holder, name, {})
        BackendDict._instances.clear()


class MotoState:
    """Hold AWS state as one account sees it, and let requests into moto one at a time."""

    def __init__(self, account: str, held: _Held | None = None) -> None:
        self.account = account
        self._held = held or _Held()
        self._held.accounts.add(account)
        load_late()
        with self.open():
            ignore_profiles()

    def seen_by(self, account: str) -> "MotoState":
        """Return the same state as another account sees it."""
        return MotoState(account, self._held)

    @contextmanager
    def open(self) -> Iterator[None]:
        """Make this state the one that moto sees, for this thread alone."""
        with _lock:
            if not _active or _active[0] is not self._held:
                if _active:
                    _active.pop().leave()
                self._held.enter()
                _active.append(self._held)
            yield

    def backend(self, service: str, region: str, account: str | None = None) -> Any:
        """Return moto's own object for one service and region (of a global service, in the region's partition)."""
        with self.open():
            held = _backends(service)[account or self.account]
            where = region if region in held else partition_of(region)
            if service == "iam" and held.account_id in self._held.accounts:
                self._add_managed_policies(held[where])
            return held[where]

    def backends(self, service: str) -> dict[str, Any]:
        """Return moto's own objects for one service by region, for the regions in use."""
        with self.open():
            return dict(_backends(service)[self.account])

    def made(self, service: str, region: str) -> Any:
        """Return moto's own object for one service and region if somebody has asked for it, and make none."""
        with self.open():
            holders = (each for each in BackendDict._instances if each.service_name == service)
            return next((dict.get(each[self.account], region) for each in holders if self.account in each), None)

    def bare(self, service: str, account: str) -> Any:
        """Return moto's own objects for a service of an account by region or partition, as moto has made them."""
        with self.open():
            return _backends(service)[account]

    def register(self, service: str, name: str) -> dict[str, Any]:
        """Return what moto notes of all accounts of a service together, such as whose each bucket is."""
        with self.open():
            found: dict[str, Any] = getattr(_backends(service), name)
            return found

    def drop(self, service: str, account: str) -> None:
        """Drop what an account has of a service."""
        with self.open():
            _backends(service).pop(account, None)

    def owner_of(self, access_key: str) -> str | None:
        """Return the account whose IAM has an access key."""
        with self.open():
            for account, partitions in _backends("iam").items():
                if any(access_key in iam.access_keys for iam in partitions.values()):
                    return str(account)
        return None

    def copied(self, service: str) -> Any:
        """Return a copy of what moto holds for one service: later writes do not reach it."""
        if not has(service):
            return None
        copy_parameters()
        with self.open():
            held = _backends(service)[self.account]
            # What AWS itself has in every account is much, and stays the same.
            shared = [policy for one in held.values() for policy in getattr(one, "aws_managed_policies", ())]
            shared += [one.amis for one in held.values() if hasattr(one, "amis")]
            shared += [part for one in held.values() for part in vars(one).values() if isinstance(part, LOCKS)]
            return deepcopy(held, {id(each): each for each in shared})

    def exchange(self, service: str, backends: Any) -> Any:
        """Put other objects of moto in place of a service's own, and return those."""
        if not has(service):
            return None
        with self.open():
            holder = _backends(service)
            present, holder[self.account] = holder[self.account], backends
            return present

    def _add_managed_policies(self, iam: Any) -> None:
        """Let one partition's IAM have the policies that AWS itself made, once somebody looks there."""
        if (iam.account_id, iam.partition) not in self._held.furnished:
            self._held.furnished.add((iam.account_id, iam.partition))
            policies = aws_policies(iam.partition)
            iam.aws_managed_policies = list(policies.values())
            iam.managed_policies.update(policies)

    def attach(self, account: str, arn: str, role: str) -> None:
        """Attach a policy that AWS itself made to a role."""
        with self.open():
            iam = self.backend("iam", arn.split(":")[1], account)
            iam.managed_policies[arn].attach_to(iam.get_role(role))

    def send(self, service: str, region: str, message: Message, account: str | None = None) -> Reply | None:
        """Return moto's reply to a request, or None where moto has nothing to answer with."""
        headers = {**message.headers, "x-moto-account-id": account or self.account}
        path = message.url.split("?")[0]
        respond = next((respond for pattern, respond in _paths(service) if pattern.match(path)), None)
        if respond is None:
            return None
        with self.open():
            if service == "iam":
                self.backend("iam", region, account)
                # GovCloud's IAM has the host iam.us-gov.amazonaws.com, in which moto sees no partition.
                message = message.at(message.url.replace("://iam.us-gov.", f"://iam.{region}."))
            request = request_of(message.method, message.url, headers, message.body)
            try:
                status, sent, body = respond(request, request.raw_url, request.headers)
            except HTTPException as error:
                status, sent, body = error.code or 500, dict(error.get_headers()), error.get_body()
            except NotImplementedError:
                return None
        return Reply(
            int(status),
            {str(key): str(value) for key, value in dict(sent).items()},
            body.encode() if isinstance(body, str) else bytes(body),
        )


def partition_of(region: str) -> str:
    """Return the partition of AWS that a region (or a partition) is in."""
    return str(get_partition(region))


def request_of(method: str, url: str, headers: Mapping[str, str], body: bytes) -> Request:
    """Return a request as moto takes it; werkzeug's builder of environments takes as long as moto's answer to many."""
    if not PLAIN_URL.fullmatch(url):
        return Request.from_primitives(method, url, headers, body)
    parts = urlsplit(url)
    sent = {name: value for name, value in headers.items() if name.lower() not in LENGTHS}
    kept = {environ_key_for_header(name): name for name in sent if should_preserve_original_header_name(name)}
    return Request(
        {
            "REQUEST_METHOD": method,
            "SCRIPT_NAME": "",
            "PATH_INFO": unquote_to_bytes(parts.path).decode("latin-1"),
            "QUERY_STRING": parts.query,
            "REQUEST_URI": parts.path,
            "RAW_URI": parts.path,
            "SERVER_NAME": parts.netloc,
            "SERVER_PORT": "443",
            "HTTP_HOST": parts.netloc,
            "SERVER_PROTOCOL": "HTTP/1.1",
            "CONTENT_LENGTH": str(len(body)),
            "wsgi.version": (1, 0),
            "wsgi.url_scheme": parts.scheme,
            "wsgi.input": BytesIO(body),
            "wsgi.errors": sys.stderr,
            "wsgi.multithread": False,
            "wsgi.multiprocess": False,
            "wsgi.run_once": False,
            **{environ_key_for_header(name): value for name, value in sent.items()},
            PRESERVED_HEADER_NAMES_ENVIRON_KEY: kept,
        }
    )


def _close(objects: list[FakeKey]) -> None:
    for held in objects:
        held.dispose()


@cache
def has(service: str) -> bool:
    """Return whether moto knows the service at all."""
    # moto's module for Lambda is called awslambda: `lambda` is a word of Python's.
    return any(name in (service, f"aws{service}") for name, _ in backend_index.backend_url_patterns)


@cache
def _backends(service: str) -> Any:
    # moto's overloads spell every service name out; ours comes off the wire.
    find: Any = backends.get_backend
    if service == "ec2":
        load_images_late()
        forget_subnets()
        name_defaults_alike()
    if service == "kms":
        make_key_pairs_late()
    return find(service)


@cache
def _paths(service: str) -> list[tuple[re.Pattern[str], Callable[..., Any]]]:
    if not has(service):
        return []
    accounts = _backends(service)
    any_account = AccountSpecificBackend(
        service, "123456789012", accounts.backend, accounts._use_boto3_regions, accounts._additional_regions
    )
    first = any_account["us-east-1" if "us-east-1" in any_account else "aws"]
    return [(re.compile(url), respond) for url, respond in first.urls.items()]


@cache
def ignore_profiles() -> None:
    """Let moto read its Regions without the user's AWS profile, which may name nothing in the sandbox."""
    profiles = {name: os.environ.pop(name, None) for name in ("AWS_PROFILE", "AWS_DEFAULT_PROFILE")}
    try:
        session = AccountSpecificBackend.get_session()
        # It would read each service's model from disk once more.
        session._session.register_component("data_loader", model_loader())
    finally:
        os.environ.update({name: value for name, value in profiles.items() if value is not None})
