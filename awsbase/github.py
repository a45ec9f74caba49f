"""What GitHub tells everybody of a public repository."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from urllib.error import HTTPError, URLError
from urllib.parse import urlsplit
from urllib.request import Request, urlopen

from awsbase.errors import AwsbaseError, UsageError
from awsbase.records import record

# GitHub sets this in its own jobs, and an enterprise has its own.
API = "GITHUB_API_URL"
LOOPBACK = ("127.0.0.1", "::1", "localhost")
PATIENCE = 30
MOST = 1 << 20


@record
class RepositoryIds:
    """A repository as GitHub writes it, and the numbers that stay when names change hands."""

    repository: str
    repository_id: str
    owner_id: str


def repository_ids(repository: str, environ: Mapping[str, str] = os.environ) -> RepositoryIds:
    """Ask GitHub for the numbers of a repository and of its owner, without any credentials.

    Raises AwsbaseError when there is no such public repository, and when GitHub cannot be reached.
    """
    api = endpoint(environ)
    asked = Request(f"{api}/repos/{repository}", headers={"Accept": "application/vnd.github+json"})  # noqa: S310 checked
    try:
        with urlopen(asked, timeout=PATIENCE) as response:  # noqa: S310 checked
            told = json.loads(response.read(MOST))
        return RepositoryIds(str(told["full_name"]), str(int(told["id"])), str(int(told["owner"]["id"])))
    except HTTPError as error:
        error.close()
        if error.code == 404:
            raise AwsbaseError(
                f"GitHub knows no public repository {repository}",
                hint=f"of a private one: gh api repos/{repository} --jq '.id, .owner.id'",
            ) from None
        raise AwsbaseError(f"GitHub does not tell: HTTP {error.code}", hint="try again in an hour") from None
    except (URLError, TimeoutError) as error:
        reason = getattr(error, "reason", error)
        raise AwsbaseError(f"cannot reach {urlsplit(api).hostname}: {reason}", hint="check the network") from None
    except (ValueError, KeyError, TypeError):
        raise AwsbaseError(f"{urlsplit(api).hostname} did not answer with a repository") from None


def endpoint(environ: Mapping[str, str]) -> str:
    """Return the address of the API; raises UsageError for one that is not encrypted."""
    configured = environ.get(API) or "https://api.github.com"
    parts = urlsplit(configured)
    if parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in LOOPBACK):
        return configured.rstrip("/")
    raise UsageError(f"{API} is not an https address", hint="who answers in between could name another repository")
