"""Accounts as AWS Organizations lists them, instead of written ones: their names, units, and how they are reached."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from awsbase.aws import Aws
from awsbase.engine.account import identify
from awsbase.engine.refusals import DENIED
from awsbase.engine.wire import Wire
from awsbase.errors import AwsbaseError, UsageError
from awsbase.manifest.paths import closest
from awsbase.organization.file import LONGEST_NAME, FromOrganization, OrganizationFile
from awsbase.organization.load import Listing
from awsbase.organization.reach import OfProfile
from awsbase.records import record

if TYPE_CHECKING:
    from botocore.exceptions import ClientError

# Organizations answers here, wherever an account has its home.
# https://docs.aws.amazon.com/general/latest/gr/ao.html
REGIONS = {"aws": "us-east-1", "aws-cn": "cn-northwest-1", "aws-us-gov": "us-gov-west-1"}
ACTIVE = "ACTIVE"
IN_WORDS = {
    "SUSPENDED": "closed",
    "CLOSED": "closed",
    "PENDING_CLOSURE": "being closed",
    "PENDING_ACTIVATION": "not active yet",
}
WHO_MAY_LIST = "ask with a profile of the management account or of a delegated administrator: accounts.profile names it"
# arn:aws:organizations::111111111111:account/o-acme123456/111111111111 and o-acme123456/r-ab12/ou-ab12-11111111/
UNIT_ID = re.compile(r"ou-[0-9a-z]{4,32}-[0-9a-z]{8,32}")


@record
class ListedAccount:
    """An account as AWS Organizations lists it; `unit` is the path of its unit, empty for the root."""

    id: str
    name: str
    state: str
    unit: str = ""


@record
class ListedOrganization:
    """The accounts of an organization, and whose credentials listed them."""

    accounts: Sequence[ListedAccount]
    units: Sequence[str]
    management: str
    caller: str


def asking(of_profile: OfProfile, tell: Callable[[str], None]) -> Listing:
    """Return what lists the accounts of an organization file by calls to AWS; `tell` gets what it leaves out.

    The listing raises AwsbaseError when AWS does not answer, and UsageError for what the file selects wrongly.
    """

    def listing(model: OrganizationFile) -> Mapping[str, Mapping[str, Any]]:
        assert isinstance(model.accounts, FromOrganization)
        found = listed(of_profile(model.accounts.profile), model.organization.home)
        return entries(model, model.accounts, found, tell)

    return listing


def listed(session: Any, region: str) -> ListedOrganization:
    """Return what AWS Organizations lists, by 4 calls, one for each unit, and one for each 20 accounts.

    Raises AwsbaseError when there is no organization, or when these credentials are not allowed to list it.
    """
    from botocore.exceptions import BotoCoreError, ClientError

    from awsbase.engine.scope import partition

    aws = Aws(session, region)
    caller = identify(aws, Wire())
    organizations = aws.at(REGIONS.get(partition(region), region)).organizations
    try:
        management = organizations.describe_organization().get("Organization", {}).get("MasterAccountId", "")
        accounts = list(pages(organizations.get_paginator("list_accounts"), "Accounts"))
        roots = list(pages(organizations.get_paginator("list_roots"), "Roots"))
        units = {id: path for root in roots for id, path in below(organizations, root["Id"], "")}
        placed = parents(organizations, accounts, units)
    except ClientError as error:
        raise refused(error, caller.caller) from error
    except (BotoCoreError, OSError) as error:
        raise AwsbaseError(f"cannot reach AWS Organizations: {error}", hint="check the network") from error
    # Whatever has no name is told by its id, which is none.
    found = [
        ListedAccount(each["Id"], each.get("Name") or each["Id"], state(each), placed.get(each["Id"], ""))
        for each in accounts
    ]
    return ListedOrganization(found, [path for path in units.values() if path], management, caller.id)


def pages(paginator: Any, key: str, **arguments: str) -> Iterator[dict[str, Any]]:
    """Yield what all pages of a list hold; what has no id is nothing that anybody could use."""
    for page in paginator.paginate(**arguments):
        yield from (each for each in page.get(key, ()) if each.get("Id"))


def below(organizations: Any, parent: str, path: str) -> Iterator[tuple[str, str]]:
    """Yield the ids of a root or a unit and of all units below it, each with its path."""
    yield parent, path
    for unit in pages(
        organizations.get_paginator("list_organizational_units_for_parent"), "OrganizationalUnits", ParentId=parent
    ):
        yield from below(organizations, unit["Id"], f"{path}/{unit.get('Name') or unit['Id']}".lstrip("/"))


def parents(organizations: Any, accounts: Sequence[Mapping[str, Any]], units: Mapping[str, str]) -> dict[str, str]:
    """Return the path of each account's unit, by the id of the account."""
    if all(each.get("Paths") for each in accounts):
        ids = {each["Id"]: UNIT_ID.findall(each["Paths"][0]) for each in accounts}
        return {account: units.get(found[-1], "") if found else "" for account, found in ids.items()}
    # An older botocore does not know the paths that AWS answers with.
    return {
        account["Id"]: path
        for parent, path in units.items()
        for account in pages(organizations.get_paginator("list_accounts_for_parent"), "Accounts", ParentId=parent)
    }


def state(account: Mapping[str, Any]) -> str:
    """Return the state of an account: AWS gave it as Status before."""
    return str(account.get("State") or account.get("Status") or ACTIVE)


def refused(error: ClientError, caller: str) -> AwsbaseError:
    """Return the error for a list that AWS does not give."""
    code, message = error.response["Error"]["Code"], error.response["Error"].get("Message", "")
    if code == "AWSOrganizationsNotInUseException":
        return AwsbaseError(
            f"the account of {caller} is in no organization",
            hint="write the accounts into the file, or name a profile of the management account in accounts.profile",
        )
    if code in DENIED:
        return AwsbaseError(f"{caller} may not list the accounts of the organization: {message}", hint=WHO_MAY_LIST)
    return AwsbaseError(f"AWS Organizations refuses to list the accounts: {code}: {message}", hint=WHO_MAY_LIST)


def entries(
    model: OrganizationFile, wanted: FromOrganization, found: ListedOrganization, tell: Callable[[str], None]
) -> dict[str, dict[str, Any]]:
    """Return the entries of the selected accounts by name, sorted, as the file would have them.

    Raises UsageError, with all mistakes, for names that two accounts have, and for what names no account or unit.
    """
    prefix = model.organization.name
    names = {each.id: name_of(each.name, prefix) for each in found.accounts}
    problems = [
        *unknown("accounts.select.units", wanted.select.units, found.units),
        *unknown("accounts.select.not", wanted.select.without, [*names, *names.values()]),
    ]
    chosen = [each for each in found.accounts if selected(each, names[each.id], wanted)]
    active = [each for each in chosen if each.state == ACTIVE]
    problems += unusable(active, names, LONGEST_NAME - len(prefix) - 1)
    there = [names[each.id] for each in active]
    problems += unknown("accounts.named", wanted.named, there)
    problems += unknown("accounts.identity", [wanted.identity] if wanted.identity else [], there)
    if model.defaults.role and not (model.defaults.via or wanted.profile):
        problems.append(("accounts.profile", "write the profile that lists the accounts: the role is assumed with it"))
    if problems:
        raise UsageError("\n".join(f"{where}: {what}" for where, what in problems))
    for each in chosen:
        if each.state != ACTIVE:
            tell(f"{names[each.id]} ({each.id}) is {IN_WORDS.get(each.state, each.state)}, and left out\n")
    made = {names[each.id]: entry(each, names[each.id], model, wanted, found) for each in active}
    return dict(sorted(made.items()))


def name_of(name: str, prefix: str) -> str:
    """Return the name in the file of an account that AWS calls `name`: Acme Prod is prod in the organization acme."""
    plain = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")
    return plain.removeprefix(f"{prefix}-") or plain


def selected(account: ListedAccount, name: str, wanted: FromOrganization) -> bool:
    """Tell whether the file is about an account."""
    units = wanted.select.units
    inside = not units or any(account.unit == unit or account.unit.startswith(f"{unit}/") for unit in units)
    return inside and not {account.id, name} & {*wanted.select.without}


def unknown(where: str, named: Iterable[str], known: Sequence[str]) -> list[tuple[str, str]]:
    """Return what names nothing that AWS lists, each with where it stands."""
    return [
        (where, f"AWS lists no {each!r}" + (f", {near}" if (near := closest(each, known)) else ""))
        for each in named
        if each not in known
    ]


def unusable(accounts: Sequence[ListedAccount], names: Mapping[str, str], longest: int) -> list[tuple[str, str]]:
    """Return the names that cannot be those of an account of the file, or are those of two."""
    found: list[tuple[str, str]] = []
    first: dict[str, str] = {}
    for each in accounts:
        name = names[each.id]
        hint = f"rename it in AWS, or leave it out with select: {{not: [{each.id!r}]}}"
        if not re.fullmatch(r"[a-z][a-z0-9]*(-[a-z0-9]+)*", name) or not 2 <= len(name) <= longest:
            rule = f"names have 2 to {longest} letters and digits, a letter first"
            found.append(("accounts", f"{each.id} is called {each.name!r} in AWS: {rule}; {hint}"))
        elif (other := first.setdefault(name, each.id)) != each.id:
            found.append(("accounts", f"{other} and {each.id} are both called {name}; {hint}"))
    return found


def entry(
    account: ListedAccount, name: str, model: OrganizationFile, wanted: FromOrganization, found: ListedOrganization
) -> dict[str, Any]:
    """Return the entry of an account, as the file would have it."""
    overrides = wanted.named.get(name)
    given = overrides.model_dump(mode="json", by_alias=True, exclude_unset=True) if overrides else {}
    made: dict[str, Any] = {"id": account.id}
    if account.unit:
        made["unit"] = account.unit
    if account.id == found.management:
        made["management"] = True
    if name == wanted.identity:
        made["identity"] = True
    role = given.get("role") or model.defaults.role
    if account.id == found.caller:
        made["profile"] = wanted.profile
    elif role and account.id != found.management and not (model.defaults.via or model.defaults.profile):
        # The account whose credentials list the others need not be one of those that the file is about.
        made |= {"profile": wanted.profile, "role": role}
    if {"profile", "via"} & given.keys():
        made = {key: value for key, value in made.items() if key not in ("profile", "role")}
    return {key: value for key, value in (made | given).items() if value is not None}
