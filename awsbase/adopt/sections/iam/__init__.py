"""The iam section: passwords, the account's own policies, groups, users and roles as they are."""

from __future__ import annotations

from dataclasses import replace

from awsbase.adopt.draft import Draft
from awsbase.adopt.sections.iam import groups, passwords, policies, roles, users
from awsbase.adopt.seen import Seen
from awsbase.adopt.smtp import made_by_mail
from awsbase.ensure.absent_user import AbsentUser
from awsbase.ensure.group import Group
from awsbase.ensure.instance_profile import InstanceProfile
from awsbase.ensure.mfa_device import MfaDevice
from awsbase.ensure.password_policy import PasswordPolicy
from awsbase.ensure.policy import Policy
from awsbase.ensure.role import Role
from awsbase.ensure.service_linked_role import ServiceLinkedRole
from awsbase.ensure.user import User

KINDS = (
    PasswordPolicy,
    Policy,
    Group,
    User,
    AbsentUser,
    Role,
    MfaDevice,
    InstanceProfile,
    ServiceLinkedRole,
)


def draft(seen: Seen, section: Draft) -> None:
    """Write the section: policies first, since groups and roles name them, and groups before their users."""
    seen = replace(seen, taken=seen.taken | made_by_mail(seen))
    passwords.draft(seen, section)
    names = policies.draft(seen, section)
    drafted = groups.draft(seen, section, names)
    users.draft(seen, section, drafted)
    roles.draft(seen, section, names)
