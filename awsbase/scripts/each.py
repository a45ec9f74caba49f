"""Accounts of an organization file, reached one after the other by commands that only look."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from awsbase.approach import Target, account_of
from awsbase.engine.clock import SystemClock
from awsbase.errors import AwsbaseError
from awsbase.fleet.item import loaded_member
from awsbase.organization import Member, Organization
from awsbase.organization.reach import Sessions, Unreachable, check, route
from awsbase.people.profile_session import session_of
from awsbase.records import record
from awsbase.scripts.connect import embedded_accounts, name_calls
from awsbase.scripts.options import Options
from awsbase.scripts.session import Session


@record
class Reached:
    """An account of the file that was reached, and the session on it."""

    name: str
    session: Session


def reach_all(organization: Organization, members: Sequence[Member], options: Options) -> list[Reached]:
    """Reach every account before anything of one is read; raises Unreachable with what is wrong with all of them."""
    if options.sandbox:
        return embedded(organization, members, options)
    sessions, clock = Sessions(lambda named: session_of(named or options.profile)), SystemClock()
    found: list[Reached] = []
    wrong: list[AwsbaseError] = []
    for member in members:
        way = route(organization, member)
        try:
            account = account_of(sessions.to(way), way.region, clock, [name_calls] if options.debug else [])
            check(way, account)
        except AwsbaseError as error:
            wrong.append(error)
            continue
        loaded = loaded_member(organization, member)
        found.append(Reached(member.name, Session(loaded, loaded.resources, Target(account, clock), options)))
    if wrong:
        hints = dict.fromkeys(error.hint for error in wrong if error.hint)
        raise Unreachable("\n".join(error.message for error in wrong), hint="; ".join(hints))
    return found


def embedded_world(members: Sequence[Member], options: Options) -> Any:
    """Return empty embedded accounts, in an organization if one of them manages it, with the services of plug-ins."""
    plugins = {plugin.name: plugin for member in members for plugin in member.manifest.plugins}
    accounts = {each.entry.id: each.name for each in members}
    management = next((each.entry.id for each in members if each.entry.management), None)
    return embedded_accounts(accounts, management=management, deny=options.deny, plugins=list(plugins.values()))


def embedded(organization: Organization, members: Sequence[Member], options: Options) -> list[Reached]:
    """Return empty embedded accounts in place of the real ones."""
    world = embedded_world(members, options)
    found = []
    for member in members:
        loaded = loaded_member(organization, member)
        account = account_of(world.session(member.entry.id, region=loaded.region), loaded.region, world.clock)
        found.append(Reached(member.name, Session(loaded, loaded.resources, Target(account, world.clock), options)))
    return found
