"""The outputs section: where awsbase keeps what a manifest gives to others."""

from __future__ import annotations

from awsbase.adopt.draft import Draft
from awsbase.adopt.seen import Seen
from awsbase.ensure.parameter import Parameter

KINDS = (Parameter,)


def draft(seen: Seen, section: Draft) -> None:
    """Write the section if this manifest keeps parameters, and all that is there is as it gives it."""
    home = seen.base.scope.home
    ours = [each.resource for each in seen.described if isinstance(each.resource, Parameter)]
    paths = list(dict.fromkeys(each.path for each in ours if each.scope.region == home))
    for path in paths:
        wrong = [address for address in seen.refuted if address.startswith(f"parameter/{path}/")]
        if not wrong:
            section.put("parameters", value=path)
            return
        for each in ours:
            if each.path == path and each.address not in seen.refuted:
                section.cannot(each.address, f"{wrong[0]} is not as this manifest gives it")
