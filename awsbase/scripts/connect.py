"""Connections to an account: the real one, or the embedded one of `--sandbox`."""

from __future__ import annotations

import importlib
import json
import logging
import os
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from awsbase import busy
from awsbase.engine.account import Account, NoCredentials, check
from awsbase.engine.clock import Clock, SystemClock
from awsbase.engine.facts import Facts
from awsbase.engine.scope import partition
from awsbase.errors import AwsbaseError, UsageError
from awsbase.facts.delegation import RESOLVER
from awsbase.packages import install_command
from awsbase.people import resolver
from awsbase.people.profile_session import session_of
from awsbase.scripts.options import Options

if TYPE_CHECKING:
    from botocore.client import BaseClient

    from awsbase.approach import Approach, Target
    from awsbase.aws import AnySession
    from awsbase.engine.plugin import LoadedPlugin
    from awsbase.engine.resource import Resource
    from awsbase.manifest.loaded import LoadedManifest
    from awsbase.scripts.ahead import Ahead

log = logging.getLogger("awsbase")


def approach_to(options: Options, region: str) -> Approach:
    """Return the way to the account of the credentials; raises AwsbaseError when they cannot be used."""
    from awsbase.approach import Approach

    session = session_of(options.profile)
    show_connecting(session)
    return Approach(session, region, SystemClock(), [name_calls] if options.debug else [])


def connect(
    options: Options, loaded: LoadedManifest, resources: Sequence[Resource] = (), ahead: Ahead | None = None
) -> Target:
    """Return the account of the credentials, from which a run of resources begins to read; `ahead` may have connected.

    Raises Refused when it is not the manifest's account.
    """
    from awsbase.approach import Target

    clock: Clock
    try:
        begun = ahead.approach if ahead else None
        if begun or (resources and not options.sandbox):
            approach = begun or approach_to(options, loaded.region)
            target = approach.target(loaded, resources)
            if target.early and (context := click.get_current_context(silent=True)):
                # Python sends what an executor has queued, even where the command ends before the run begins.
                context.call_on_close(target.early.end)
            return target
        if options.sandbox:
            sandbox = embedded(loaded.account, region=loaded.region, deny=options.deny, plugins=loaded.manifest.plugins)
            session, clock = sandbox.session(region=loaded.region), sandbox.clock
        else:
            session, clock = session_of(options.profile), SystemClock()
        account = reach(session, loaded.region, clock, debugging=options.debug)
    except NoCredentials as error:
        error.hint = "name a profile with --profile, set AWS_PROFILE, or try it first with --sandbox"
        raise
    return Target(check(account, loaded.account), clock)


def embedded(
    account: str,
    *,
    region: str = "us-east-1",
    enforce: bool = False,
    deny: Sequence[Path] = (),
    plugins: Sequence[LoadedPlugin] = (),
) -> Any:
    """Return an empty embedded AWS account, with the services of plug-ins; only this needs moto.

    `deny` are files with service control policies. Raises UsageError when a package is missing, when such a file is
    no policy, or when a plug-in describes its services wrongly.
    """
    sandbox = import_sandbox()
    services = (*sandbox.SERVICES, *(service for each in plugins for service in services_of(each)))
    policies = [control_policy(path, region) for path in deny]
    return with_dns(sandbox.Sandbox(account=account, enforce=enforce, deny=policies, services=services))


def embedded_accounts(
    accounts: Sequence[str] | Mapping[str, str],
    *,
    management: str | None = None,
    region: str = "us-east-1",
    enforce: bool = False,
    deny: Sequence[Path] = (),
    plugins: Sequence[LoadedPlugin] = (),
) -> Any:
    """Return several empty embedded AWS accounts, of which one may manage an organization of the others.

    `accounts` are their ids, or their names by id. `deny` are files with service control policies over all but the
    management account. Raises UsageError when a package is missing, or when such a file is no policy.
    """
    sandbox = import_sandbox()
    policies = [control_policy(path, region) for path in deny]
    services = (*sandbox.SERVICES, *(service for each in plugins for service in services_of(each)))
    return with_dns(sandbox.World(accounts, management=management, enforce=enforce, deny=policies, services=services))


def with_dns(sandbox: Any) -> Any:
    """Return a sandbox whose public DNS answers on loopback: no question about its domains leaves this machine."""
    from awsbase.sandbox.dns_server import PublicDns

    sandbox.dns = PublicDns(sandbox)
    sandbox.dns.start()
    os.environ[RESOLVER] = sandbox.dns.address
    return sandbox


def import_sandbox() -> Any:
    """Import the embedded AWS, and keep it from the user's configuration; raises UsageError without its packages."""
    # Profiles and endpoints are for the real AWS, but moto would read them too.
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        del os.environ[name]
    os.environ |= {"AWS_CONFIG_FILE": os.devnull, "AWS_SHARED_CREDENTIALS_FILE": os.devnull}
    busy.show(busy.STARTING)
    try:
        from awsbase import sandbox
    except ModuleNotFoundError as error:
        raise UsageError(
            f"the sandbox needs the package {error.name}",
            hint=f"install it with `{install_command('sandbox', 'moto[s3]')}`",
        ) from error
    return sandbox


def control_policy(path: Path, region: str) -> Mapping[str, Any]:
    """Read a service control policy of a region's partition; raises UsageError for a file that is none."""
    from awsbase.sandbox.policy_documents import mistakes

    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not text"
        raise UsageError(f"cannot read {path}: {reason}", hint="name a file with a service control policy") from None
    if wrong := mistakes(text, "identity", partition(region)):
        raise UsageError(
            f"{path} is no service control policy: {wrong[0]}",
            hint="export one with `aws organizations describe-policy --query Policy.Content --output text`",
        )
    policy: Mapping[str, Any] = json.loads(text)
    return policy


def services_of(loaded: LoadedPlugin) -> Sequence[Any]:
    """Import the services that a plug-in gives to the sandbox; raises UsageError when that fails."""
    module, _, name = loaded.plugin.sandbox.partition(":")
    if not module:
        return ()
    try:
        services: Sequence[Any] = getattr(importlib.import_module(module), name)
    except Exception as error:
        raise UsageError(
            f"{loaded.name} gives no services to the sandbox: {type(error).__name__}: {error}",
            hint='write Plugin(sandbox="MODULE:SERVICES")',
        ) from error
    return services


def home_region(profile: str | None, region: str | None) -> str:
    """Return the region for a command without a manifest."""
    chosen = resolver.resolve(os.environ, Path.home(), profile, region)
    return chosen.region or resolver.REGIONS["aws"]


def reach(session: AnySession, region: str, clock: Clock | None = None, *, debugging: bool = False) -> Account:
    """Return the account and the caller, as AWS reports them."""
    from awsbase.approach import account_of

    show_connecting(session)
    return account_of(session, region, clock or SystemClock(), [name_calls] if debugging else [])


def show_connecting(session: AnySession) -> None:
    """Show that AWS is called, unless botocore will ask for the code of an MFA device on the same terminal."""
    credentials = session.get_credentials()
    if credentials is None or credentials.method != "assume-role":
        busy.show(busy.CONNECTING)


@contextmanager
def looking(account: Account) -> Iterator[Facts]:
    """Yield facts outside of a run; raises AwsbaseError with advice when AWS refuses a read."""
    busy.show(busy.READING)
    from botocore.exceptions import BotoCoreError, ClientError

    from awsbase.engine.failures import failure

    try:
        with ThreadPoolExecutor(4, "fact") as readers:
            yield Facts(account.aws, readers)
    except (BotoCoreError, ClientError) as error:
        refusal = failure(error, account.caller)
        raise AwsbaseError(
            f"cannot read account {account.id}: {refusal.code}: {refusal.message}", hint=refusal.hint
        ) from error


def name_calls(client: BaseClient) -> None:
    """Log the name of each call of a client, but not its parameters, which may hold secrets."""
    service, region = client.meta.service_model.service_name, client.meta.region_name

    def log_call(event_name: str, **_: object) -> None:
        log.debug("%s:%s %s", service, event_name.rpartition(".")[2], region)

    client.meta.events.register("before-send", log_call)
