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


# Title, answer, and the number in CIS AWS Foundations 3.0.0, 6.0.0 and 7.0.0.
CIS = (
    ("root users of member accounts are managed in one place", "central root", "", "", "2.1.1"),
    ("policies of the organization limit every account", "guardrails", "", "", "2.1.2"),
    ("nothing runs in the management account", "management account", "", "", "2.1.3"),
    ("organizational units follow environment and sensitivity", "units", "", "", "2.1.4"),
    ("a member account manages the policies of the organization", "delegation", "", "", "2.1.5"),
    ("member accounts manage the services of the organization", "delegation", "", "", "2.1.6"),
    ("contact details of the account are current", "contact details", "1.1", "2.1", "2.2"),
    ("a security contact is registered", "security contact", "1.2", "2.2", "2.3"),
    ("security questions are registered", "security questions", "1.3", "", ""),
    ("root has no access key", "root keys", "1.4", "2.3", "2.4"),
    ("root has MFA", "root mfa", "1.5", "2.4", "2.5"),
    ("root has hardware MFA", "root hardware mfa", "1.6", "2.5", "2.6"),
    ("root does no daily work", "root unused", "1.7", "2.6", "2.7"),
    ("passwords have 14 characters or more", "password length", "1.8", "2.7", "2.8"),
    ("passwords are not used again", "password reuse", "1.9", "2.8", "2.9"),
    ("everybody with a password has MFA", "users' mfa", "1.10", "2.9", "2.10"),
    ("no access keys are made along with a user", "no keys at first", "1.11", "2.10", ""),
    ("credentials unused for 45 days are switched off", "unused credentials", "1.12", "2.11", "2.11"),
    ("nobody has two active access keys", "one key", "1.13", "2.12", ""),
    ("access keys are rotated every 90 days", "old keys", "1.14", "2.13", "2.12"),
    ("users have permissions only through groups", "permissions by groups", "1.15", "2.14", "2.13"),
    ("no policy allows everything", "no full permissions", "1.16", "2.15", "2.14"),
    ("somebody is allowed to open support cases", "support role", "1.17", "2.16", "2.15"),
    ("instances work through roles", "instance roles", "1.18", "2.17", "2.16"),
    ("expired certificates are removed from IAM", "certificates", "1.19", "2.18", "2.17"),
    ("Access Analyzer is on in all regions", "analyzer", "1.20", "2.19", "2.18"),
    ("users of several accounts are managed in one place", "central users", "1.21", "2.20", "2.19"),
    ("few have full access to CloudShell", "cloudshell", "1.22", "2.21", "2.20"),
    ("policies of resources let nobody in without a condition", "resource policies", "", "", "2.21"),
    ("buckets refuse HTTP", "tls", "2.1.1", "3.1.1", "3.1.1"),
    ("buckets ask for MFA to delete", "mfa delete", "2.1.2", "3.1.2", "3.1.2"),
    ("data in S3 is found and classified", "s3 data", "2.1.3", "3.1.3", "3.1.3"),
    ("S3 blocks public access", "no public buckets", "2.1.4", "3.1.4", "3.1.4"),
    ("EBS volumes are encrypted in all regions", "volumes", "2.2.1", "6.1.1", "6.1.1"),
    ("databases are encrypted", "rds", "2.3.1", "3.2.1", "3.2.1"),
    ("databases take minor upgrades by themselves", "rds", "2.3.2", "3.2.2", "3.2.2"),
    ("databases are not public", "rds", "2.3.3", "3.2.3", "3.2.3"),
    ("databases have a standby in another zone", "rds", "", "3.2.4", "3.2.4"),
    ("file systems are encrypted", "efs", "2.4.1", "3.3.1", "3.3.1"),
    ("CloudTrail is on in all regions", "trail", "3.1", "4.1", "4.1"),
    ("CloudTrail validates its files", "trail validation", "3.2", "4.2", "4.2"),
    ("AWS Config is on in all regions", "config", "3.3", "4.3", "4.3"),
    ("access to the trail's bucket is logged", "access logs", "3.4", "4.4", "4.4"),
    ("the trail is encrypted under a key of one's own", "trail key", "3.5", "4.5", "4.5"),
    ("keys of one's own rotate", "rotation", "3.6", "4.6", "4.6"),
    ("every VPC has flow logs", "flow logs", "3.7", "4.7", "4.7"),
    ("writes of objects are logged", "objects", "3.8", "4.8", "4.8"),
    ("reads of objects are logged", "objects", "3.9", "4.9", "4.9"),
    ("web front ends log who asks for what", "front ends", "", "", "4.10"),
    ("refused calls raise an alarm", "unauthorized-calls", "4.1", "5.1", "5.1"),
    ("signing in without MFA raises an alarm", "console-without-mfa", "4.2", "5.2", "5.2"),
    ("use of root raises an alarm", "root-use", "4.3", "5.3", "5.3"),
    ("changes to IAM raise an alarm", "iam-changes", "4.4", "5.4", "5.4"),
    ("changes to CloudTrail raise an alarm", "trail-changes", "4.5", "5.5", "5.5"),
    ("failed sign-ins raise an alarm", "console-failures", "4.6", "5.6", "5.6"),
    ("disabling or deleting a key raises an alarm", "key-loss", "4.7", "5.7", "5.7"),
    ("changes to bucket policies raise an alarm", "bucket-policies", "4.8", "5.8", "5.8"),
    ("changes to AWS Config raise an alarm", "config-changes", "4.9", "5.9", "5.9"),
    ("changes to security groups raise an alarm", "security-groups", "4.10", "5.10", "5.10"),
    ("changes to network ACLs raise an alarm", "network-acls", "4.11", "5.11", "5.11"),
    ("changes to gateways raise an alarm", "gateways", "4.12", "5.12", "5.12"),
    ("changes to route tables raise an alarm", "route-tables", "4.13", "5.13", "5.13"),
    ("changes to VPCs raise an alarm", "vpcs", "4.14", "5.14", "5.14"),
    ("changes to the organization raise an alarm", "organization", "4.15", "5.15", "5.15"),
    ("Security Hub is on", "security hub", "4.16", "5.16", "5.16"),
    ("CIFS is open to known networks only", "cifs", "", "6.1.2", "6.1.2"),
    ("no network ACL opens SSH or RDP to the world", "network ports", "5.1", "6.2", "6.2"),
    ("no security group opens SSH or RDP to 0.0.0.0/0", "group ports", "5.2", "6.3", "6.3"),
    ("no security group opens SSH or RDP to ::/0", "group ports", "5.3", "6.4", "6.4"),
    ("default security groups let nothing through", "default groups", "5.4", "6.5", "6.5"),
    ("routes to peered VPCs are narrow", "peering", "5.5", "6.6", "6.6"),
    ("instances answer only IMDSv2", "imdsv2", "5.6", "6.7", "6.7"),
    ("AWS services are reached through VPC endpoints", "endpoints", "", "", "6.8"),
)

# AWS Startup Security Baseline: of the account (ACCT) and of what runs in it (WKLD).
SSB = (
    ("ACCT.01", "contacts of the account reach a team", "security contact"),
    ("ACCT.02", "root does no daily work", "root restrained"),
    ("ACCT.03", "each person has access to the console", "console users"),
    ("ACCT.04", "permissions belong to groups and roles", "groups"),
    ("ACCT.05", "sign-in requires MFA", "users' mfa"),
    ("ACCT.06", "there is a password policy", "password policy"),
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

# AWS Foundational Security Best Practices: the controls about services that awsbase manages, by their ids in Security
# Hub. https://docs.aws.amazon.com/securityhub/latest/userguide/fsbp-standard.html
FSBP = (
    ("Account.1", "a security contact is registered", "security contact"),
    ("CloudTrail.1", "CloudTrail is on in all regions", "trail"),
    ("CloudTrail.2", "the trail is encrypted under a key of one's own", "trail key"),
    ("CloudTrail.4", "CloudTrail validates its files", "trail validation"),
    ("CloudTrail.5", "CloudTrail writes to CloudWatch Logs", "trail delivery"),
    ("CloudTrail.6", "the trail's bucket is not public", "trail bucket"),
    ("CloudTrail.7", "access to the trail's bucket is logged", "access logs"),
    ("Config.1", "AWS Config is on", "config"),
    ("EC2.1", "snapshots are not public", "snapshots"),
    ("EC2.2", "default security groups let nothing through", "default groups"),
    ("EC2.3", "attached volumes are encrypted", "old volumes"),
    ("EC2.6", "every VPC has flow logs", "flow logs"),
    ("EC2.7", "new volumes are encrypted", "volumes"),
    ("EC2.8", "instances answer only IMDSv2", "imdsv2"),
    ("EC2.9", "instances have no public address", "private subnets"),
    ("EC2.10", "the API of EC2 is reached through a VPC endpoint", "endpoints"),
    ("EC2.13", "no security group opens SSH to the world", "group ports"),
    ("EC2.14", "no security group opens RDP to the world", "group ports"),
    ("EC2.15", "subnets give no public addresses by themselves", "private subnets"),
    ("EC2.18", "security groups are open to the world for few ports", "tight groups"),
    ("EC2.19", "security groups close the ports that are attacked most", "tight groups"),
    ("EC2.21", "no network ACL opens SSH or RDP to the world", "network ports"),
    ("GuardDuty.1", "GuardDuty is on", "guardduty"),
    ("GuardDuty.9", "GuardDuty watches sign-ins to databases", "paid protection"),
    ("GuardDuty.10", "GuardDuty watches reads and writes of objects", "paid protection"),
    ("IAM.1", "no policy allows everything", "no full permissions"),
    ("IAM.2", "users have permissions only through groups", "permissions by groups"),
    ("IAM.3", "access keys are rotated every 90 days", "old keys"),
    ("IAM.4", "root has no access key", "root keys"),
    ("IAM.5", "everybody with a password has MFA", "users' mfa"),
    ("IAM.6", "root has hardware MFA", "root hardware mfa"),
    ("IAM.7", "the password policy is strong", "password policy"),
    ("IAM.8", "unused credentials are switched off", "unused credentials"),
    ("IAM.9", "root has MFA", "root mfa"),
    ("IAM.21", "policies allow no service as a whole", "wildcards"),
    ("IAM.22", "credentials unused for 45 days are switched off", "unused credentials"),
    ("IAM.26", "expired certificates are removed from IAM", "certificates"),
    ("KMS.1", "policies do not allow decrypting under all keys", "decryption"),
    ("KMS.2", "inline policies do not allow decrypting under all keys", "decryption"),
    ("KMS.3", "no key is scheduled for deletion by mistake", "keys kept"),
    ("KMS.4", "keys of one's own rotate", "rotation"),
    ("KMS.5", "keys are not public", "resource policies"),
    ("S3.1", "the account blocks public access to S3", "no public buckets"),
    ("S3.2", "buckets refuse public reads", "no public buckets"),
    ("S3.3", "buckets refuse public writes", "no public buckets"),
    ("S3.5", "buckets refuse HTTP", "tls"),
    ("S3.6", "bucket policies limit other accounts", "resource policies"),
    ("S3.8", "each bucket blocks public access", "no public buckets"),
    ("S3.12", "no access lists let anybody into buckets", "no access lists"),
    ("S3.13", "buckets have lifecycle rules", "lifecycles"),
    ("SNS.1", "topics are encrypted", "topic keys"),
    ("SNS.4", "topics are not public", "topic policies"),
    ("SSM.1", "instances are managed by Systems Manager", "no ssh"),
    ("SecretsManager.1", "secrets rotate", "secret rotation"),
    ("SecretsManager.3", "unused secrets are removed", "unused secrets"),
)


def by_number(number: int) -> tuple[Control, ...]:
    """Return the controls of one version of CIS AWS Foundations in order; `number` is its column above."""
    rows = [Control(row[number], row[0], row[1]) for row in CIS if row[number]]
    return tuple(sorted(rows, key=lambda control: tuple(map(int, control.id.split(".")))))


STANDARDS: Mapping[str, tuple[Control, ...]] = {
    "cis-3": by_number(2),
    "cis-6": by_number(3),
    "cis-7": by_number(4),
    "fsbp": tuple(Control(id, title, answer) for id, title, answer in FSBP),
    "ssb": tuple(Control(id, title, answer) for id, title, answer in SSB),
}
