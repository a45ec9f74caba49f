"""Tokens as the identity providers of pipelines sign them."""

from __future__ import annotations

from awsbase.sandbox import Sandbox

GITHUB = "https://token.actions.githubusercontent.com"


def token(sandbox: Sandbox, **claims: object) -> str:
    """Return a token that GitHub signs for a job of acme/infra, with these claims beside or in place of the usual."""
    return sandbox.issuer(GITHUB).token(**{"repository_id": "456789", **claims})
