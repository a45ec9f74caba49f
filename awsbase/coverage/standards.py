"""The controls of published standards, by number and in our own words, with the answer of each."""

from __future__ import annotations

from collections.abc import Mapping

from awsbase.records import record


@record
class Control:
    """One control of a standard; `answer` is a key of ANSWERS."""

    id: str
    title: str
    answer: str


# Title, answer, and the number in CIS AWS Foundations 3.0.0 and 6.0.0.
CIS = (
    ("contact details of the account are current", "contact details", "1.1", "2.1"),
    ("a security contact is registered", "security contact", "1.2", "2.2"),
    ("security questions are registered", "security questions", "1.3", ""),
    ("root has no access key", "root keys", "1.4", "2.3"),
    ("root has MFA", "root mfa", "1.5", "2.4"),
    ("root has hardware MFA", "root hardware mfa", "1.6", "2.5"),
    ("root does no daily work", "root unused", "1.7", "2.6"),
    ("passwords have 14 characters or more", "password length", "1.8", "2.7"),
    ("passwords are not used again", "password reuse", "1.9", "2.8"),
    ("everybody with a password has MFA", "users' mfa", "1.10", "2.9"),
    ("no access keys are made along with a user", "no keys at first", "1.11", "2.10"),
    ("credentials unused for 45 days are switched off", "unused credentials", "1.12", "2.11"),
    ("nobody has two active access keys", "one key", "1.13", "2.12"),
    ("access keys are rotated every 90 days", "old keys", "1.14", "2.13"),
    ("users have permissions only through groups", "permissions by groups", "1.15", "2.14"),
    ("no policy allows everything", "no full permissions", "1.16", "2.15"),
    ("somebody is allowed to open support cases", "support role", "1.17", "2.16"),
    ("instances work through roles", "instance roles", "1.18", "2.17"),
    ("expired certificates are removed from IAM", "certificates", "1.19", "2.18"),
    ("Access Analyzer is on in all regions", "analyzer", "1.20", "2.19"),
    ("users of several accounts are managed in one place", "central users", "1.21", "2.20"),
    ("few have full access to CloudShell", "cloudshell", "1.22", "2.21"),
    ("buckets refuse HTTP", "tls", "2.1.1", "3.1.1"),
    ("buckets ask for MFA to delete", "mfa delete", "2.1.2", "3.1.2"),
    ("data in S3 is found and classified", "s3 data", "2.1.3", "3.1.3"),
    ("S3 blocks public access", "no public buckets", "2.1.4", "3.1.4"),
    ("EBS volumes are encrypted in all regions", "volumes", "2.2.1", "6.1.1"),
    ("databases are encrypted", "rds", "2.3.1", "3.2.1"),
    ("databases take minor upgrades by themselves", "rds", "2.3.2", "3.2.2"),
    ("databases are not public", "rds", "2.3.3", "3.2.3"),
    ("databases have a standby in another zone", "rds", "", "3.2.4"),
    ("file systems are encrypted", "efs", "2.4.1", "3.3.1"),
    ("CloudTrail is on in all regions", "trail", "3.1", "4.1"),
    ("CloudTrail validates its files", "trail", "3.2", "4.2"),
    ("AWS Config is on in all regions", "config", "3.3", "4.3"),
    ("access to the trail's bucket is logged", "access logs", "3.4", "4.4"),
    ("the trail is encrypted under a key of one's own", "trail bucket", "3.5", "4.5"),
    ("keys of one's own rotate", "rotation", "3.6", "4.6"),
    ("every VPC has flow logs", "flow logs", "3.7", "4.7"),
    ("writes of objects are logged", "objects", "3.8", "4.8"),
    ("reads of objects are logged", "objects", "3.9", "4.9"),
    ("refused calls raise an alarm", "unauthorized-calls", "4.1", "5.1"),
    ("signing in without MFA raises an alarm", "console-without-mfa", "4.2", "5.2"),
    ("use of root raises an alarm", "root-use", "4.3", "5.3"),
    ("changes to IAM raise an alarm", "iam-changes", "4.4", "5.4"),
    ("changes to CloudTrail raise an alarm", "trail-changes", "4.5", "5.5"),
    ("failed sign-ins raise an alarm", "console-failures", "4.6", "5.6"),
    ("disabling or deleting a key raises an alarm", "key-loss", "4.7", "5.7"),
    ("changes to bucket policies raise an alarm", "bucket-policies", "4.8", "5.8"),
    ("changes to AWS Config raise an alarm", "config-changes", "4.9", "5.9"),
    ("changes to security groups raise an alarm", "security-groups", "4.10", "5.10"),
    ("changes to network ACLs raise an alarm", "network-acls", "4.11", "5.11"),
    ("changes to gateways raise an alarm", "gateways", "4.12", "5.12"),
    ("changes to route tables raise an alarm", "route-tables", "4.13", "5.13"),
    ("changes to VPCs raise an alarm", "vpcs", "4.14", "5.14"),
    ("changes to the organization raise an alarm", "organization", "4.15", "5.15"),
    ("Security Hub is on", "security hub", "4.16", "5.16"),
    ("CIFS is open to known networks only", "cifs", "", "6.1.2"),
    ("no network ACL opens SSH or RDP to the world", "network ports", "5.1", "6.2"),
    ("no security group opens SSH or RDP to 0.0.0.0/0", "group ports", "5.2", "6.3"),
    ("no security group opens SSH or RDP to ::/0", "group ports", "5.3", "6.4"),
    ("default security groups let nothing through", "default groups", "5.4", "6.5"),
    ("routes to peered VPCs are narrow", "peering", "5.5", "6.6"),
    ("instances answer only IMDSv2", "imdsv2", "5.6", "6.7"),
)

# AWS Startup Security Baseline: of the account (ACCT) and of what runs in it (WKLD).
SSB = (
    ("ACCT.01", "contacts of the account reach a team", "security contact"),
    ("ACCT.02", "root does no daily work", "root restrained"),
    ("ACCT.03", "each person has access to the console", "console users"),
    ("ACCT.04", "permissions belong to groups and roles", "groups"),
    ("ACCT.05", "sign-in requires MFA", "users' mfa"),
    ("ACCT.06", "there is a password policy", "password length"),
    ("ACCT.07", "CloudTrail writes to a bucket that is protected", "trail bucket"),
    ("ACCT.08", "private buckets cannot become public", "no public buckets"),
    ("ACCT.09", "unused VPCs, subnets and groups are deleted", "unused networks"),
    ("ACCT.10", "spending is watched", "spending"),
    ("ACCT.11", "GuardDuty is on, and its findings are answered", "guardduty"),
    ("ACCT.12", "Trusted Advisor is looked at", "advisor"),
    ("WKLD.01", "workloads have roles", "instance roles"),
    ("WKLD.02", "policies of resources limit credentials", "resource policies"),
    ("WKLD.03", "secrets are short-lived, or in a secrets service", "secrets"),
    ("WKLD.04", "secrets do not leak", "no leaks"),
    ("WKLD.05", "leaked secrets are found", "no leaks"),
    ("WKLD.06", "Systems Manager takes the place of SSH and RDP", "no ssh"),
    ("WKLD.07", "objects that matter are logged", "objects"),
    ("WKLD.08", "EBS volumes are encrypted", "volumes"),
    ("WKLD.09", "databases are encrypted", "rds"),
    ("WKLD.10", "private resources are in private subnets", "private subnets"),
    ("WKLD.11", "security groups restrict the network", "tight groups"),
    ("WKLD.12", "AWS services are reached through VPC endpoints", "endpoints"),
    ("WKLD.13", "public endpoints speak HTTPS", "https"),
    ("WKLD.14", "public endpoints are protected at the edge", "edge"),
    ("WKLD.15", "security is written in templates", "templates"),
)

STANDARDS: Mapping[str, tuple[Control, ...]] = {
    "cis-3": tuple(Control(three, title, answer) for title, answer, three, _ in CIS if three),
    "cis-6": tuple(
        sorted(
            (Control(six, title, answer) for title, answer, _, six in CIS if six),
            key=lambda control: tuple(map(int, control.id.split("."))),
        )
    ),
    "ssb": tuple(Control(id, title, answer) for id, title, answer in SSB),
}
