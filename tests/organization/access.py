"""An organization file with a table of who may do what, as text."""

from __future__ import annotations

from pathlib import Path

from awsbase.organization import Organization
from tests.organization.files import ORGANIZATION, loaded

DEPLOY = (
    '{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "ecs:UpdateService", "Resource": "*"}]}\n'
)
USERS = """\
version: 1
iam:
  users:
    alice: {groups: [Developers]}
    dan: {groups: [Deployers]}
    eve: {groups: [Admins]}
"""
ROLES = """\
access:
  roles:
    Admin: {policies: ["awsbase:administrator"]}
    Prod: {policies: [policies/deploy.json], max_session: 7200, description: Deploys}
    Dev: {policies: ["awsbase:power-user"]}
    Read: {policies: ["awsbase:read-only"]}
"""
GRANTS = """\
  grants:
    Admins: {"*": Admin}
    Deployers: {prod: [Prod, Read]}
    Developers: {"Workloads/**": Read, dev: Dev}
"""
FILE = (
    ORGANIZATION.replace("home: eu-west-1}", "home: eu-west-1, id: o-acme123456}")
    .replace("identity: true}", "identity: true, manifest: users.yaml}")
    .replace("protected: true}", "protected: true, unit: Workloads/Prod}")
    .replace("with: {budget: 200}}", "with: {budget: 200}, unit: Workloads/Dev}")
)
ACCOUNT = "version: 1\n"


def with_policies(folder: Path) -> Path:
    """Write the policy of the deployers into a folder, one of the same name, and a wrong one."""
    (folder / "policies").mkdir(exist_ok=True)
    (folder / "policies/deploy.json").write_text(DEPLOY)
    (folder / "policies/wrong.json").write_text(DEPLOY.replace("Effect", "Efect"))
    (folder / "other").mkdir(exist_ok=True)
    (folder / "other/deploy.json").write_text(DEPLOY)
    return folder


def organization(folder: Path, file: str = FILE + ROLES + GRANTS, **templates: str) -> Organization:
    """Return the organization of a file with a table."""
    return loaded(with_policies(folder), file, **{"users": USERS, "account": ACCOUNT, **templates})
