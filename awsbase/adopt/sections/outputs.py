"""The outputs section: where awsbase keeps what a manifest gives to others."""

from __future__ import annotations

from awsbase.adopt.draft import Draft
from awsbase.adopt.seen import Seen
from awsbase.ensure.parameter import Parameter

KINDS = (Parameter,)


def draft(seen: Seen, section: Draft) -> None:
    """Write the section if a manifest keeps parameters at home, unless one of them has another value.

    One that the account lacks may be wanted by a section that a later draft leaves out.
    """
    ours = [each.resource for each in seen.described if isinstance(each.resource, Parameter)]
    path = next((each.path for each in ours if each.scope.region == seen.base.scope.home), None)
    if path is None:
        return
    beside = [each.address for each in ours if each.path == path]
    wrong = [address for address in beside if address in seen.refuted]
    if not wrong:
        section.put("parameters", value=path)
    for address in beside if wrong else ():
        if address not in wrong:
            section.cannot(address, f"{wrong[0]} is not as this manifest gives it")
