"""Addresses of webhooks, masked: they usually contain a key or a password."""

from __future__ import annotations

import hashlib
import re

WEB = re.compile(r"(?P<scheme>\w[\w+.-]*://)((?P<user>[^/?#]*)@)?(?P<host>[^/?#@]*)(?P<path>[^?#]*)(?P<rest>.*)", re.S)
# Plain words and versions in a path; keys have capitals or digits, or are longer.
PLAIN = re.compile(r"([a-z]{1,16}([-_.][a-z]{1,16})*|v[0-9]{1,2})?")
NAMED = re.compile(r"([A-Za-z_]{1,16})=.*", re.S)
STARS = "****"


def as_listed(endpoint: str) -> str:
    """Return an endpoint as AWS lists it: with four stars in place of the password."""
    web = WEB.fullmatch(endpoint)
    if not web or ":" not in (web["user"] or ""):
        return endpoint
    return f"{web['scheme']}{web['user'].partition(':')[0]}:{STARS}@{endpoint[web.start('host') :]}"


def masked(endpoint: str) -> str:
    """Return an endpoint for display, without credentials and without parts that can be a key.

    Pager services take their key in the path or as a parameter. A short digest distinguishes masked endpoints. It does
    not depend on the password, and is too short to find a key.
    """
    web = WEB.fullmatch(endpoint)
    if not web:
        return endpoint
    path = "/".join(part if PLAIN.fullmatch(part) else STARS for part in web["path"].split("/"))
    query, _, fragment = web["rest"].partition("#")
    pairs = [f"{named[1]}={STARS}" if (named := NAMED.fullmatch(each)) else STARS for each in query[1:].split("&")]
    shown = web["scheme"] + (f"{STARS}@" if web["user"] is not None else "") + web["host"] + path
    shown += (f"?{'&'.join(pairs)}" if query else "") + (f"#{STARS}" if fragment else "")
    if shown == endpoint:
        return endpoint
    return f"{shown}#{hashlib.sha256(as_listed(endpoint).encode()).hexdigest()[:8]}"
