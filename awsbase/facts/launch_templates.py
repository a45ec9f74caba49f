"""The launch templates of a region, and what their versions say."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from awsbase.engine.facts import Facts


def launch_templates(facts: Facts, region: str) -> Mapping[str, Sequence[Mapping[str, Any]]]:
    """Read the default and the newest version of all launch templates of a region, by the template's name."""
    # Asked for these two and no template, EC2 tells them of every one.
    pages = (
        facts.aws.at(region)
        .ec2.get_paginator("describe_launch_template_versions")
        .paginate(Versions=["$Default", "$Latest"])
    )
    found: dict[str, list[Mapping[str, Any]]] = {}
    for version in (each for page in pages for each in page["LaunchTemplateVersions"]):
        found.setdefault(version.get("LaunchTemplateName", ""), []).append(version)
    return found
