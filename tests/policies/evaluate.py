"""Ask the sandbox's evaluator what documents alone let somebody do, whoever they are of."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from awsbase.sandbox.authorization.decision import AccessRequest, Policies, Principal, decide, knowing

__all__ = ["AccessRequest", "allowed"]


def allowed(documents: Sequence[Mapping[str, Any]], request: AccessRequest) -> bool:
    asked = replace(request, context=knowing(request.context))
    return bool(decide(asked, Principal("", {}), Policies(documents)))
