"""Client tokens of EC2 and the Scheduler: the same token with the same request is answered as before."""

import hashlib
import json
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any

from awsbase.sandbox.service import Request
from awsbase.sandbox.wire import Refusal


@dataclass
class ClientTokens:
    """Which requests have been made under which tokens: of the same one the second is answered like the first."""

    used: dict[tuple[str, str, str], tuple[str, Any]] = field(default_factory=dict)

    def answer(self, request: Request) -> Any:
        """Return what was made under the token of a request; refuse when it was another request.

        Raises Refusal with IdempotentParameterMismatch.
        """
        digest, made = self.used.get(
            (request.operation, request.region, request.params.get("ClientToken", "")), ("", None)
        )
        if made is not None and digest != request_digest(request):
            raise Refusal(
                "IdempotentParameterMismatch",
                "The client token you have provided is associated with a resource that has different parameters.",
            )
        return made

    def keep(self, request: Request, digest: str, made: Any) -> None:
        """Remember what was made under a token."""
        if token := request.params.get("ClientToken"):
            self.used[request.operation, request.region, token] = digest, made


def request_digest(request: Request) -> str:
    """Return the digest of a request without its token."""
    rest = {name: value for name, value in request.params.items() if name != "ClientToken"}
    return hashlib.sha256(json.dumps(rest, sort_keys=True, default=str).encode()).hexdigest()


def known_token(request: Request) -> dict[str, Any] | None:
    """Answer a token that was used before with what was made then."""
    request.notes["digest"] = request_digest(request)
    answer: dict[str, Any] | None = request.memory(ClientTokens).answer(request)
    return answer


def keep_token(request: Request, response: dict[str, Any]) -> None:
    """Remember what was made under a token."""
    request.memory(ClientTokens).keep(request, request.notes["digest"], deepcopy(response))
