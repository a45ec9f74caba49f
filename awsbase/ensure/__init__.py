"""One module a kind of resource: what it is, its facts, and the recipe that makes it so."""

from awsbase.engine.resource import Kind, Kinds
from awsbase.ensure.authorization import authorization
from awsbase.ensure.group import Group, ensure_group
from awsbase.ensure.policy import Policy, ensure_policy, policy_reads
from awsbase.ensure.role import Role, ensure_role

IAM = lambda want: [(authorization,)]  # noqa: E731

KINDS: Kinds = {
    Group: Kind(ensure_group, IAM),
    Policy: Kind(ensure_policy, policy_reads),
    Role: Kind(ensure_role, IAM),
}
