"""Addresses of web hooks, which mostly hold what lets one in: told apart without showing it."""

from __future__ import annotations

import hashlib
import re

WEB = re.compile(r"(?P<scheme>\w[\w+.-]*://)((?P<user>[^/?#]*)@)?(?P<host>[^/?#@]*)(?P<path>[^?#]*)(?P<rest>.*)", re.S)
# Words that tell what a part of a path is, and versions; keys have capitals or digits, or are longer.
PLAIN = re.compile(r"([a-z]{1,16}([-_.][a-z]{1,16})*|v[0-9]{1,2})?")
NAMED = re.compile(r"([A-Za-z_]{1,16})=.*", re.S)
STARS = "****"


def told(endpoint: str) -> str:
    """Return an endpoint as AWS tells it in its lists: the password of a web address is four stars there."""
    web = WEB.fullmatch(endpoint)
    if not web or ":" not in (web["user"] or ""):
        return endpoint
    return f"{web['scheme']}{web['user'].partition(':')[0]}:{STARS}@{endpoint[web.start('host') :]}"


def masked(endpoint: str) -> str:
    """Return an endpoint to be shown: of a web address neither who signs in nor what may be a key.

    Pager services take their key in the path or as a parameter. What is left out is told apart by a few digits, which
    say nothing about the password, and of a key too little to find it.
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
    return f"{shown}#{hashlib.sha256(told(endpoint).encode()).hexdigest()[:8]}"
