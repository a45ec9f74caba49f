"""The boto3 clients of one account: created once and configured in one place, for any region."""

from __future__ import annotations

import os
import re
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Any

from awsbase import __version__, busy
from awsbase.errors import AwsbaseError

if TYPE_CHECKING:
    import boto3
    from botocore.client import BaseClient
    from botocore.config import Config
    from botocore.credentials import Credentials
    from botocore.session import Session
    from mypy_boto3_cloudtrail import CloudTrailClient
    from mypy_boto3_cloudwatch import CloudWatchClient
    from mypy_boto3_iam import IAMClient
    from mypy_boto3_kms import KMSClient
    from mypy_boto3_logs import CloudWatchLogsClient
    from mypy_boto3_resourcegroupstaggingapi import ResourceGroupsTaggingAPIClient
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_sns import SNSClient
    from mypy_boto3_sts import STSClient

    AnySession = Session | boto3.Session

Attach = Callable[["BaseClient"], None]
CONNECTIONS = 32


class Clients:
    """The cache behind `Aws`: one client per service and region; every `attach` is called with each new client."""

    def __init__(self, session: Session, attach: Sequence[Attach], attempts: int) -> None:
        from awsbase.events import share_handlers
        from awsbase.models import own_loader
        from awsbase.responses import StrictParsers

        share_handlers(session)
        session.register_component("response_parser_factory", StrictParsers())
        self.session = session
        self._own = own_loader(session)
        self.watched_by = attach
        self.attempts = attempts
        self._private = private_endpoints(session)
        self._clients: dict[tuple[str, str, bool], Any] = {}
        self._first: dict[tuple[str, bool], Any] = {}
        self._lock = threading.Lock()

    def get(self, service: str, region: str, *, whole: bool = False) -> Any:
        """Return the client of a service in a region; a `whole` one knows operations that awsbase does not call."""
        # A session is not thread-safe, its clients are: they are created one at a time and cached.
        with self._lock:
            client = self._clients.get((service, region, whole))
            if client is None:
                client = self._clients[service, region, whole] = self._create(service, region, whole)
        return client

    def config(self) -> Config:
        """Return how all clients are configured."""
        import botocore
        from botocore.config import Config

        return Config(
            retries={"mode": "standard", "total_max_attempts": self.attempts},
            max_pool_connections=CONNECTIONS,
            # botocore would rebuild its own user agent for every call, at a tenth of the call's cost.
            user_agent=f"awsbase/{__version__} botocore/{botocore.__version__}",
            # Some services use a host prefix, which a private endpoint does not have.
            inject_host_prefix=not self._private,
        )

    def _create(self, service: str, region: str, whole: bool) -> Any:
        from awsbase.connections import share
        from awsbase.cut_models import complete
        from awsbase.siblings import like

        cut = self._load_from(service, whole)
        first, emitter = self._first.get((service, whole)), self.session.get_component("event_emitter")
        make: Any = partial(self.session.create_client, service, region_name=region, config=self.config())
        try:
            client = like(first, emitter, make) if first else make()
        except (AttributeError, TypeError) as error:
            # botocore does not check what kind of value a setting has.
            raise AwsbaseError(
                f"profile {self.session.profile or 'default'} has a setting of the wrong kind, such as a block of "
                f"lines where one value belongs: {error}",
                hint="correct it in ~/.aws/config",
            ) from error
        if self._private and service == "s3control":
            client.meta.events.register("before-call.s3-control", plain_host)
        self._first.setdefault((service, whole), client)
        share(client)
        for attach in self.watched_by:
            attach(client)
        if cut:
            complete(client, lambda: self.get(service, region, whole=True))
        return client

    def _load_from(self, service: str, whole: bool) -> bool:
        """Let the session load the models of a service, cut if they can be; return whether they are."""
        from awsbase.cut_models import called, loader
        from awsbase.models import whole_models

        cut = None if whole or self._own or service not in called() else loader()
        inner: Any = self.session
        wanted = self._own or cut or whole_models()
        if inner.get_component("data_loader") is not wanted:
            inner.register_component("data_loader", wanted)
            # It has read the endpoints of those services that the other loader knows.
            inner._register_endpoint_resolver()
        return cut is not None


def open_session(profile: str | None = None, keys: Iterable[str | None] = (), region: str | None = None) -> Session:
    """Return a session from the environment and ~/.aws, or with a key's id, its secret and its token.

    It is botocore's, which makes the clients of boto3 too: boto3's own describes resources, whose import takes 20 ms.
    """
    from botocore.session import Session

    made: Any = Session(profile=profile)
    if keys := tuple(keys):
        made.set_credentials(*keys)
    if region:
        made.set_config_variable("region", region)
    return made  # type: ignore[no-any-return]


def of_botocore(session: AnySession) -> Session:
    """Return a session of botocore; boto3's has one inside."""
    inner: Any = session
    return getattr(inner, "_session", inner)  # type: ignore[no-any-return]


def credentials_of(session: Session) -> Credentials | None:
    """Return the credentials of a session's configuration; raises AwsbaseError when it cannot be used."""
    # What a profile names may ask on the terminal: a program, or botocore for the code of an MFA device.
    busy.clear()
    try:
        return session.get_credentials()
    except Exception as error:
        hint = "look at ~/.aws/config and ~/.aws/credentials"
        if "botocore[crt]" in str(error):
            hint = "run `pip install 'botocore[crt]'` in the environment of awsbase, which `aws login` needs"
        raise AwsbaseError(f"the AWS configuration cannot be used: {error}", hint=hint) from error


def private_endpoints(session: Session) -> bool:
    """Tell whether the environment or the profile sets an endpoint other than AWS, such as a test server."""
    if any(name.startswith("AWS_ENDPOINT_URL") and value for name, value in os.environ.items()):
        return True
    return not {"endpoint_url", "services"}.isdisjoint(session.get_scoped_config())


def plain_host(params: dict[str, Any], **_: Any) -> None:
    """Remove the account from the host name, where S3 Control's endpoint rules put it; a header has it too."""
    params["url"] = re.sub(r"(?<=//)\d{12}\.", "", params["url"], count=1)


def response_time(response: Mapping[str, Any]) -> datetime | None:
    """Return the time of a response, by AWS's clock; None when it has no date."""
    from email.utils import parsedate_to_datetime

    date = response.get("ResponseMetadata", {}).get("HTTPHeaders", {}).get("date", "")
    try:
        return parsedate_to_datetime(date).astimezone(UTC)
    except (TypeError, ValueError):
        return None


class Aws:
    """The clients of an account in one region, one attribute per service: `aws.iam`, `aws.at("us-east-1").sns`.

    `aws.lambda_` is that of Lambda, since `lambda` is a word of Python.
    """

    cloudtrail: CloudTrailClient
    cloudwatch: CloudWatchClient
    iam: IAMClient
    kms: KMSClient
    logs: CloudWatchLogsClient
    resourcegroupstaggingapi: ResourceGroupsTaggingAPIClient
    s3: S3Client
    sns: SNSClient
    sts: STSClient

    def __init__(self, session: AnySession, region: str, attach: Sequence[Attach] = (), *, attempts: int = 8) -> None:
        self.region = region
        self.clients = Clients(of_botocore(session), attach, attempts)

    def at(self, region: str) -> Aws:
        """Return the clients of the same account in another region."""
        if region == self.region:
            return self
        other = object.__new__(Aws)
        other.region, other.clients = region, self.clients
        return other

    def by(self, session: AnySession) -> Aws:
        """Return clients that act with another session, watched as these are."""
        return Aws(session, self.region, self.clients.watched_by, attempts=self.clients.attempts)

    def __getattr__(self, service: str) -> Any:
        if service.startswith("_"):
            raise AttributeError(service)
        return self.clients.get(service.removesuffix("_"), self.region)
