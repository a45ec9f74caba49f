"""Ask the sandbox's evaluator what a set of documents allows, for any principal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from awsbase.sandbox.authorization.decision import AccessRequest, Policies, Principal, decide, knowing

__all__ = ["AccessRequest", "allowed"]


def allowed(documents: Sequence[Mapping[str, Any]], request: AccessRequest) -> bool:
    complete = replace(request, context=knowing(request.context))
    return bool(decide(complete, Principal("", {}), Policies(documents)))
