"""An organization file of three accounts, and the template that they share, as text."""

from __future__ import annotations

from pathlib import Path

from awsbase.errors import ManifestError
from awsbase.organization import Organization, load

ORGANIZATION = """\
version: 1
organization: {name: acme, home: eu-west-1}
defaults: {manifest: account.yaml, tags: {owner: platform}, with: {budget: 50}}
accounts:
  users: {id: "111111111111", profile: acme-users, identity: true}
  prod:  {id: "333333333333", role: OrganizationAccountAccessRole, via: users, protected: true}
  dev:   {id: "444444444444", role: OrganizationAccountAccessRole, via: users, with: {budget: 200}}
"""
TEMPLATE = """\
version: 1
notify:
  billing: {email: ["{account}@{org}.example"]}
alarms:
  billing: {amounts: ["{with.budget}"]}
state: {}
"""


def written(folder: Path, organization: str = ORGANIZATION, **templates: str) -> Path:
    """Write an organization file and its templates; return the file's path."""
    for name, text in {"account": TEMPLATE, **templates}.items():
        (folder / f"{name}.yaml").write_text(text)
    file = folder / "org.yaml"
    file.write_text(organization)
    return file


def loaded(folder: Path, organization: str = ORGANIZATION, **templates: str) -> Organization:
    """Return the organization of these texts."""
    return load(written(folder, organization, **templates))


def mistakes(folder: Path, organization: str = ORGANIZATION, **templates: str) -> list[str]:
    """Return the mistakes in these texts, as lines whose files are named without their folder."""
    try:
        loaded(folder, organization, **templates)
    except ManifestError as error:
        return [str(each).replace(f"{folder}/", "") for each in error.mistakes]
    return []
