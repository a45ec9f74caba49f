"""The public DNS, as far as the sandbox plays it: which domains lead to which name servers, and what those answer."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from awsbase.sandbox.service import AccountState


@dataclass
class Delegations:
    """The name servers that the domain above names, by domain: whoever bought a domain enters them."""

    servers: dict[str, tuple[str, ...]] = field(default_factory=dict)

    def state(self) -> dict[str, list[str]]:
        """Return what counts as the account's state."""
        return {domain: sorted(servers) for domain, servers in self.servers.items()}


def delegations(sandbox: AccountState) -> dict[str, tuple[str, ...]]:
    """Return the name servers of each domain: for all accounts of a world the same."""
    return (sandbox.world or sandbox).memory(Delegations).servers


def delegate(sandbox: AccountState, domain: str, servers: Sequence[str] | None = None) -> None:
    """Let a domain lead to name servers: those of its newest hosted zone unless others are given."""
    if servers is None:
        found = [zone for zone in zones_of(sandbox) if bare(zone.name) == bare(domain)]
        servers = servers_of(found[-1])
    delegations(sandbox)[bare(domain)] = tuple(map(bare, servers))


def zones_of(sandbox: AccountState) -> Iterator[Any]:
    """Yield the public hosted zones of all accounts, as moto keeps them."""
    accounts = sandbox.world.accounts.values() if sandbox.world else [sandbox]
    for account in accounts:
        for backend in account.backends("route53").values():
            yield from (zone for zone in backend.zones.values() if not zone.private_zone)


def servers_of(zone: Any) -> tuple[str, ...]:
    """Return the name servers of a hosted zone."""
    return tuple(map(bare, zone.delegation_set.name_servers))


def delegated_zone(sandbox: AccountState, domain: str) -> Any:
    """Return the hosted zone that answers for a domain, or None where the DNS leads to none."""
    name = bare(domain)
    led = delegations(sandbox)
    above = next((parent for parent in parents(name) if parent in led), None)
    zones = [zone for zone in zones_of(sandbox) if above and bare(zone.name) == above]
    return next((zone for zone in zones if set(servers_of(zone)) & set(led[above or ""])), None)


def name_servers(sandbox: AccountState, domain: str) -> tuple[str, ...] | None:
    """Return what a resolver answers for the name servers of a domain: none if there is no delegation.

    None stands for a resolver that fails: the delegation leads to name servers of Route 53 without the zone.
    """
    servers = delegations(sandbox).get(bare(domain))
    if servers is None:
        return ()
    if not any(".awsdns-" in server for server in servers):
        return servers
    zone = delegated_zone(sandbox, domain)
    return answers(sandbox, domain, "NS") if zone else None


def answers(sandbox: AccountState, domain: str, type: str) -> tuple[str, ...]:
    """Return what the public DNS answers for a name and a type."""
    zone = delegated_zone(sandbox, domain)
    for held in zone.rrsets if zone else ():
        if bare(held.name) == bare(domain) and held.type == type:
            return tuple(held.records)
    return ()


def parents(domain: str) -> Iterator[str]:
    """Yield a domain and those above it, the nearest first."""
    labels = domain.split(".")
    for start in range(len(labels)):
        yield ".".join(labels[start:])


def bare(name: str) -> str:
    """Return a domain name in lower case without its last dot."""
    return name.lower().rstrip(".")
