"""Tokens as the identity providers of pipelines sign them, but for the signature."""

from __future__ import annotations

import json
import time
from base64 import urlsafe_b64encode

GITHUB = "https://token.actions.githubusercontent.com"


def token(**claims: object) -> str:
    """Return a token of GitHub that is good for an hour, with these claims in place of the usual ones."""
    usual = {"iss": GITHUB, "aud": "sts.amazonaws.com", "exp": time.time() + 3600, "repository_id": "456789"}
    parts = ({"alg": "RS256"}, {**usual, **claims})
    encoded = [urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=") for part in parts]
    return ".".join([*encoded, "c2lnbmF0dXJl"])
