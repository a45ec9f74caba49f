"""Whether the DNS leads to a hosted zone: a real question, to the resolver of this machine or the one that is named."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from awsbase.engine.facts import Facts
from awsbase.errors import UsageError
from awsbase.records import record

if TYPE_CHECKING:
    import dns.resolver

# ADDRESS:PORT of the resolver to ask, for networks whose own resolver does not know the public DNS.
RESOLVER = "AWSBASE_RESOLVER"
SECONDS = 2.0


@record
class Delegation:
    """The name servers that the DNS has for a domain, none without a delegation; `unknown` is why nobody knows."""

    servers: tuple[str, ...] = ()
    unknown: str = ""


def delegation(facts: Facts, name: str) -> Delegation:
    """Ask the DNS for the name servers of a domain; without an answer within two seconds it is unknown."""
    import dns.exception
    import dns.resolver

    try:
        answer = resolver().resolve(f"{name}.", "NS", lifetime=SECONDS)
    except (dns.resolver.NXDOMAIN, dns.resolver.NoAnswer):
        return Delegation()
    except dns.resolver.NoNameservers as error:
        # A resolver that follows a delegation to servers without the zone fails in this way.
        if "SERVFAIL" in str(error):
            return Delegation(unknown="the resolver failed, as it does when the named servers do not have the zone")
        return Delegation(unknown="no resolver answers")
    except (dns.exception.DNSException, OSError):
        return Delegation(unknown=f"no resolver answers within {SECONDS:.0f} seconds")
    return Delegation(tuple(sorted(each.target.to_text(omit_final_dot=True).lower() for each in answer)))


def resolver() -> dns.resolver.Resolver:
    """Return the resolver to ask; raises UsageError when AWSBASE_RESOLVER is no address."""
    import dns.exception
    import dns.resolver

    if not (named := os.environ.get(RESOLVER)):
        return dns.resolver.Resolver()
    host, _, port = named.rpartition(":") if ":" in named else (named, "", "53")
    found = dns.resolver.Resolver(configure=False)
    try:
        found.nameservers, found.port = [host.strip("[]")], int(port)
    except ValueError as error:
        raise UsageError(f"{RESOLVER} is {named!r}, which is no address", hint="write it like 127.0.0.1:53") from error
    return found
