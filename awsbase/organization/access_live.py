"""The table of who may do what, compared with what the accounts allow."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

from awsbase.access.assumable import Asking, asking, may_assume
from awsbase.access.comparison import shortened, wider
from awsbase.access.trust import asks_for_mfa
from awsbase.aws import Aws
from awsbase.engine.account import Account, identify
from awsbase.engine.facts import Facts
from awsbase.engine.failures import failure
from awsbase.engine.wire import Wire
from awsbase.ensure.policy import Policy
from awsbase.ensure.role import Role
from awsbase.errors import AwsbaseError
from awsbase.facts.authorization import Authorization, GroupFacts, PolicyFacts, RoleFacts, UserFacts, authorization
from awsbase.facts.aws_policies import aws_policy, is_of_aws
from awsbase.manifest.grants import PREFIX
from awsbase.manifest.manifest import resources
from awsbase.organization.access import role_name, roles_in
from awsbase.organization.access_table import Row, Table, TableCell, members, table
from awsbase.organization.load import Member, Organization
from awsbase.organization.reach import Sessions, check, route
from awsbase.policies import Document, same
from awsbase.records import record

AT_ONCE = 8
SHOWN = 3
# What may not be read may allow anything.
UNREADABLE: Document = {"Statement": [{}]}


@record
class Iams:
    """The IAM of each account that could be read, and why others could not."""

    read: Mapping[str, Authorization]
    unread: Mapping[str, str]


def read(organization: Organization, accounts: tuple[str, ...], sessions: Sessions) -> Iams:
    """Read the IAM of the people's account and of these accounts, several at once; an account that fails is told."""
    wanted = [each for each in organization.members.values() if each.name in accounts or each.entry.identity]

    def one(member: Member) -> Authorization | str:
        try:
            return iam_of(organization, member, sessions)
        except AwsbaseError as error:
            return error.message

    with ThreadPoolExecutor(AT_ONCE, "account") as pool:
        found = dict(zip((each.name for each in wanted), pool.map(one, wanted), strict=True))
    return Iams(
        {name: iam for name, iam in found.items() if isinstance(iam, Authorization)},
        {name: why for name, why in found.items() if isinstance(why, str)},
    )


def iam_of(organization: Organization, member: Member, sessions: Sessions) -> Authorization:
    """Read the IAM of one account; of the people's account also what AWS's policies say that are in use there.

    Raises AwsbaseError when the account cannot be reached, or refuses to be read.
    """
    way = route(organization, member)
    return iam_in(check(way, identify(Aws(sessions.to(way), way.region), Wire())), member)


def iam_in(account: Account, member: Member) -> Authorization:
    """Read the IAM of an account that was reached; raises AwsbaseError when it refuses to be read."""
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        with ThreadPoolExecutor(1, "fact") as pool:
            facts = Facts(account.aws, pool)
            iam = facts.read(authorization)
            return with_documents(iam, facts) if member.entry.identity else iam
    except (BotoCoreError, ClientError) as error:
        refusal = failure(error, account.caller)
        raise AwsbaseError(f"cannot read {member.name}: {refusal.code}: {refusal.message}") from error


def with_documents(iam: Authorization, facts: Facts) -> Authorization:
    """Return an account's IAM with the documents of those of AWS's policies that somebody has."""
    holders: list[UserFacts | GroupFacts | RoleFacts] = [
        *iam.users.values(),
        *iam.groups.values(),
        *iam.roles.values(),
    ]
    arns = sorted({arn for each in holders for arn in each.policies if is_of_aws(arn)})
    read = {arn: facts.read(aws_policy, arn) for arn in arns}
    known = {arn: PolicyFacts(arn, "/", document or UNREADABLE) for arn, document in read.items()}
    return replace(iam, policies={**iam.policies, **known})


def live_table(organization: Organization, accounts: tuple[str, ...], sessions: Sessions) -> Table:
    """Return the table with what the accounts allow in its cells; raises AwsbaseError when nobody can say who asks."""
    if organization.identity is None:
        raise AwsbaseError(
            f"{organization.file} has no account with the people's IAM users", hint="write identity: true at it"
        )
    return compared(organization, organization.identity, accounts, read(organization, accounts, sessions))


def compared(organization: Organization, people: Member, accounts: tuple[str, ...], iams: Iams) -> Table:
    """Return the table with what was read in its cells; raises AwsbaseError without the account of the people."""
    if people.name not in iams.read:
        raise AwsbaseError(iams.unread[people.name], hint="without it nobody can say who gets in anywhere")
    return Comparison(organization, people, iams).table(table(organization, accounts))


class Comparison:
    """Compares what a table wants with the IAM of its accounts."""

    def __init__(self, organization: Organization, people: Member, iams: Iams) -> None:
        self.organization = organization
        self.people = people
        self.iams = iams
        model = organization.model
        scope = people.manifest.account.scope
        everybody = asking(iams.read[people.name], people.entry.id, scope.partition, model.organization.id)
        self.asking = list(everybody)
        self.wanted_members = members(organization)
        self._compared: dict[tuple[str, str], tuple[list[str], list[str]]] = {}
        self._by_manifest: dict[str, Wanted] = {}
        # What the file wants in the people's account: roles of the table, and the one by which awsbase gets in.
        self.ours = {role_name(model, role).casefold() for role in roles_in(model, people.name)}
        if people.way.role:
            self.ours.add(people.way.role.rpartition("/")[2].casefold())

    def table(self, wanted: Table) -> Table:
        """Return the table with its cells compared, and a row for each who gets in beside it."""
        named = {row.name.casefold(): row for row in wanted.rows}
        rows = []
        for row in wanted.rows:
            who = next((each for each in self.asking if is_row(each, row)), None)
            rows.append(replace(row, cells=self._cells(row, who, wanted), people=self._people(row.name)))
        for who in self.asking:
            # Whom the file lets administer the people's account could enter every group of it.
            if (who.kind == "group" and who.name.casefold() in named) or self._is_ours(who):
                continue
            row = Row(who.name, who.kind, self._people(who.name) if who.kind == "group" else (), {}, granted=False)
            if cells := self._cells(row, who, wanted):
                rows.append(replace(row, cells=cells))
        elsewhere = {
            name: tuple(sorted(user.name for user in iam.users.values()))
            for name, iam in self.iams.read.items()
            if name != self.people.name and iam.users and name in wanted.accounts
        }
        # These may assume whatever trusts their account.
        anything = f"arn:{self.people.manifest.account.partition}:iam::000000000000:role/any"
        administrators = tuple(who.name for who in self.asking if self._is_ours(who) and who.by(anything))
        unread = {name: why for name, why in self.iams.unread.items() if name in wanted.accounts}
        return replace(
            wanted, rows=tuple(rows), live=True, unread=unread, elsewhere=elsewhere, administrators=administrators
        )

    def _people(self, group: str) -> tuple[str, ...]:
        users = self.iams.read[self.people.name].users.values()
        return tuple(sorted(each.name for each in users if group.casefold() in map(str.casefold, each.groups)))

    def _is_ours(self, who: Asking) -> bool:
        return who.kind == "role" and who.name.casefold() in self.ours

    def _cells(self, row: Row, who: Asking | None, wanted: Table) -> dict[str, TableCell]:
        found = {}
        for account in wanted.accounts:
            cell = row.cells.get(account, TableCell())
            iam = self.iams.read.get(account)
            cell = replace(cell, live=False) if iam is None else self._cell(cell, row, who, account, iam)
            if cell.roles or cell.state:
                found[account] = cell
        return found

    def _cell(self, cell: TableCell, row: Row, who: Asking | None, account: str, iam: Authorization) -> TableCell:
        missing, more = self._members(row) if cell.roles else ([], [])
        stays = set(more)
        names = {role_name(self.organization.model, role).casefold(): role for role in cell.roles}
        for name in names:
            less, beyond = self._role(account, name)
            missing, more = [*missing, *less], [*more, *beyond]
            have = iam.roles.get(name)
            if who is None:
                missing.append(f"the group {row.name} is not there")
            elif have and not who.certainly(have.arn):
                missing.append(f"no policy of {row.name} lets it assume {have.name}")
        entered: dict[tuple[str, ...], list[str]] = {}
        for have in iam.roles.values() if who else ():
            if have.name.casefold() not in names and who and (found := may_assume(who, have)):
                entered.setdefault(tuple(found), []).append(have.name)
        for policies, roles in entered.items():
            by = shortened(list(map(short, policies)), ", ")
            more.append(f"may assume {', '.join(sorted(roles, key=str.casefold))} by {by}")
            # The list of a group's policies is exact, but awsbase touches no inline ones.
            if not row.granted or not all(each.startswith("arn:") for each in policies):
                stays.add(more[-1])
        return replace(
            cell,
            live=True,
            missing=tuple(dict.fromkeys(missing)),
            more=tuple(dict.fromkeys(more)),
            stays=frozenset(stays),
        )

    def _members(self, row: Row) -> tuple[list[str], list[str]]:
        """Return who the manifest puts into a group and is not in it, and who is in it beside them."""
        if row.name.casefold() not in self.wanted_members:
            return [], []
        want, have = set(self.wanted_members[row.name.casefold()]), set(self._people(row.name))
        return (
            [f"{name} is not in {row.name}" for name in sorted(want - have)],
            [f"{name} is in {row.name}, and not by the manifest of {self.people.name}" for name in sorted(have - want)],
        )

    def _role(self, account: str, name: str) -> tuple[list[str], list[str]]:
        """Return what a role has less than the file gives it, and what more; compared once for all groups."""
        if (account, name) not in self._compared:
            self._compared[account, name] = self._compare(account, name)
        return self._compared[account, name]

    def _compare(self, account: str, name: str) -> tuple[list[str], list[str]]:
        iam = self.iams.read[account]
        wanted = self._wanted(account)
        want = next(each for each in wanted.roles if each.name.casefold() == name)
        have = iam.roles.get(name)
        if have is None:
            return [f"the role {want.name} is not there"], []
        missing = [f"{want.name} lacks {short(arn)}" for arn in sorted(want.policies - have.policies)]
        more = [f"{want.name} has {short(arn)} too" for arn in sorted(have.policies - want.policies)]
        more += [
            f"{want.name} has the inline policy {each} too" for each in sorted(set(have.inline) - set(want.inline))
        ]
        documents = [(f"the trust of {want.name}", want.trust, have.trust)]
        for policy in wanted.policies:
            there = iam.policies.get(policy.name.casefold())
            if policy.arn in want.policies & have.policies and there:
                documents.append((policy.name, policy.document, there.document))
        if asks_for_mfa(replace(have, trust=want.trust)) and not asks_for_mfa(have):
            more.append(f"the trust of {want.name} asks for no MFA")
        for what, by_file, by_account in documents:
            # Grant by grant is slow, and nearly all are the same.
            if same(by_file, by_account):
                continue
            missing += [f"{what} {each}" for each in reworded(wider(by_account, by_file), "does not allow", "denies")]
            more += [f"{what} {each}" for each in reworded(wider(by_file, by_account), "allows", "does not deny")]
        return missing, more

    def _wanted(self, account: str) -> Wanted:
        if account not in self._by_manifest:
            sections = resources(self.organization.members[account].manifest).values()
            made = [each for section in sections for each in section]
            self._by_manifest[account] = Wanted(
                [each for each in made if isinstance(each, Role)], [each for each in made if isinstance(each, Policy)]
            )
        return self._by_manifest[account]


@record
class Wanted:
    """What the manifest of an account makes of roles and policies."""

    roles: Sequence[Role]
    policies: Sequence[Policy]


def reworded(differences: Sequence[str], allowing: str, denying: str) -> list[str]:
    """Return how two documents differ, said of an account that is compared with the file, both as they are now."""
    pairs = (("newly allows ", allowing), ("no longer denies ", denying))
    found = []
    for each in differences[:SHOWN]:
        begin = next((pair for pair in pairs if each.startswith(pair[0])), None)
        found.append(f"{begin[1]} {each.removeprefix(begin[0])}" if begin else each)
    return found + ([f"differs in {len(differences) - SHOWN} more grants"] if len(differences) > SHOWN else [])


def is_row(who: Asking, row: Row) -> bool:
    """Tell whether somebody is the group of a row."""
    return who.kind == row.kind and who.name.casefold() == row.name.casefold()


def short(name: str) -> str:
    """Return the name of a policy as a manifest writes it: aws:NAME, awsbase:NAME, or its own."""
    plain = name.partition(":policy/")[2] or name
    if ":iam::aws:" in name:
        return f"aws:{plain}"
    return plain.replace(PREFIX, "awsbase:", 1) if plain.startswith(PREFIX) else plain
