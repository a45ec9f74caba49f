"""The list prices of AWS that what awsbase makes is billed by.

A price stands here once: plans, `awsbase cost`, `awsbase explain`, `awsbase coverage` and reports take it from here. A
region that is not named has no known price. To change one, read AWS's page and write down the day.
"""

from __future__ import annotations

from decimal import Decimal

from awsbase.prices.price import Price

SITE = "https://aws.amazon.com"
ON_DEMAND = f"{SITE}/ec2/pricing/on-demand/"
# Hours of a month, as AWS's own calculator counts them.
HOURS = 730
US = ("us-east-1", "us-east-2", "us-west-2")


def everywhere(usd: str) -> dict[str, Decimal]:
    """Return a price that is the same in all regions of the commercial partition."""
    return {"*": Decimal(usd)}


def in_regions(us: str, **others: str) -> dict[str, Decimal]:
    """Return a price of the three large regions of the United States, and those of others, such as `eu_west_1`."""
    return {name: Decimal(us) for name in US} | {name.replace("_", "-"): Decimal(usd) for name, usd in others.items()}


def s3_class(name: str, us: str, ireland: str) -> Price:
    """Return the price of a storage class of S3, by the word of its API."""
    return Price("S3", f"per GB a month in {name}", in_regions(us, eu_west_1=ireland), f"{SITE}/s3/pricing/")


KMS_KEY = Price("KMS", "a month", everywhere("1"), f"{SITE}/kms/pricing/")
KMS_USE = Price("KMS", "per 10,000 uses", everywhere("0.03"), f"{SITE}/kms/pricing/")

SECRET = Price("Secrets Manager", "a month", everywhere("0.40"), f"{SITE}/secrets-manager/pricing/", "2026-09-20")
SECRET_READS = Price(
    "Secrets Manager", "per 10,000 reads", everywhere("0.05"), f"{SITE}/secrets-manager/pricing/", "2026-09-20"
)

CLOUDWATCH = f"{SITE}/cloudwatch/pricing/"
ALARM = Price("CloudWatch", "a month", everywhere("0.10"), CLOUDWATCH, free=10)
METRIC = Price("CloudWatch", "a month in which something was counted", everywhere("0.30"), CLOUDWATCH, free=10)
DETAILED_MONITORING = Price("CloudWatch", "a month for each instance", everywhere("2.10"), CLOUDWATCH)
LOGS_IN = Price(
    "CloudWatch Logs", "per GB taken in", in_regions("0.50", eu_west_1="0.57", eu_central_1="0.63"), CLOUDWATCH
)
LOGS_KEPT = Price(
    "CloudWatch Logs", "per GB a month", in_regions("0.03", eu_west_1="0.03", eu_central_1="0.0324"), CLOUDWATCH
)
LOGS_IN_RARE = Price("CloudWatch Logs", "per GB taken in by infrequent access", in_regions("0.25"), CLOUDWATCH)
LOGS_MASKED = Price("CloudWatch Logs", "per GB searched for what is masked", in_regions("0.12"), CLOUDWATCH)
VENDED_LOGS = Price("CloudWatch Logs", "per GB of logs to a bucket", in_regions("0.25"), CLOUDWATCH)

IMAGE_STORAGE = Price("ECR", "per GB of images a month", everywhere("0.10"), f"{SITE}/ecr/pricing/")

S3_STORAGE = Price(
    "S3",
    "per GB a month",
    in_regions(
        "0.023",
        us_west_1="0.026",
        sa_east_1="0.0405",
        eu_west_1="0.023",
        eu_west_2="0.024",
        eu_west_3="0.024",
        eu_central_1="0.0245",
        eu_north_1="0.023",
        ap_south_1="0.025",
        ap_southeast_1="0.025",
        ap_southeast_2="0.025",
        ap_northeast_1="0.025",
    ),
    f"{SITE}/s3/pricing/",
    "2026-08-02",
)

CLOUDTRAIL = f"{SITE}/cloudtrail/pricing/"
TRAIL_OBJECTS = Price("CloudTrail", "per million reads and writes of objects", everywhere("1"), CLOUDTRAIL)
TRAIL_SECOND = Price("CloudTrail", "per 100,000 events of a second copy", everywhere("2"), CLOUDTRAIL)

MESSAGES = Price("SNS", "per million messages", everywhere("0.50"), f"{SITE}/sns/pricing/")
MAILS = Price("SNS", "per 100,000 mails", everywhere("2"), f"{SITE}/sns/pricing/")
MAILS_SENT = Price("SES", "per 1,000 mails", everywhere("0.10"), f"{SITE}/ses/pricing/")

ROUTE_53 = f"{SITE}/route53/pricing/"
HOSTED_ZONE = Price("Route 53", "a month", everywhere("0.50"), ROUTE_53)
DNS_QUERIES = Price("Route 53", "per million questions that are answered", everywhere("0.40"), ROUTE_53)

STATE_TRANSITIONS = Price(
    "Step Functions",
    "per 1,000 steps",
    in_regions("0.025", eu_west_1="0.025", eu_central_1="0.025", eu_west_2="0.025", eu_north_1="0.025"),
    f"{SITE}/step-functions/pricing/",
    free=4,
)
LAMBDA_REQUESTS = Price("Lambda", "per million calls", in_regions("0.20", eu_west_1="0.20"), f"{SITE}/lambda/pricing/")
LAMBDA_SECONDS = Price(
    "Lambda", "per 1,000 GB-seconds", in_regions("0.0166667", eu_west_1="0.0166667"), f"{SITE}/lambda/pricing/"
)
# What is in these is billed for 30 to 180 days at least, and by the GB when it is read.
S3_CLASSES = {
    "STANDARD_IA": s3_class("STANDARD_IA", "0.0125", "0.0125"),
    "ONEZONE_IA": s3_class("ONEZONE_IA", "0.01", "0.01"),
    "GLACIER_IR": s3_class("GLACIER_IR", "0.004", "0.005"),
    "GLACIER": s3_class("GLACIER", "0.0036", "0.0036"),
    "DEEP_ARCHIVE": s3_class("DEEP_ARCHIVE", "0.00099", "0.00099"),
}
S3_WRITES = Price("S3", "per 1,000 writes", in_regions("0.005", eu_west_1="0.005"), f"{SITE}/s3/pricing/")

CONFIG = Price("Config", "for each recorded change", everywhere("0.003"), f"{SITE}/config/pricing/")
SECURITY_HUB = Price("Security Hub", "for each check", in_regions("0.0010"), f"{SITE}/security-hub/pricing/")

GUARDDUTY_PAGE = f"{SITE}/guardduty/pricing/"
GUARDDUTY_EVENTS = Price("GuardDuty", "per million CloudTrail events", in_regions("4"), GUARDDUTY_PAGE)
GUARDDUTY_LOGS = Price("GuardDuty", "per GB of network logs", in_regions("1"), GUARDDUTY_PAGE)
GUARDDUTY_S3 = Price("GuardDuty", "per million data events of S3", in_regions("0.80"), GUARDDUTY_PAGE)
GUARDDUTY_EKS = Price("GuardDuty", "per million audit events of Kubernetes", in_regions("1.60"), GUARDDUTY_PAGE)
GUARDDUTY_MALWARE = Price("GuardDuty", "per GB of volumes that are searched", in_regions("0.05"), GUARDDUTY_PAGE)
GUARDDUTY_RDS = Price("GuardDuty", "a month per vCPU of a database", in_regions("1"), GUARDDUTY_PAGE)
GUARDDUTY_LAMBDA = Price("GuardDuty", "per GB of network logs of functions", in_regions("1"), GUARDDUTY_PAGE)
GUARDDUTY_RUNTIME = Price("GuardDuty", "a month per vCPU that is watched", in_regions("1.50"), GUARDDUTY_PAGE)

PUBLIC_ADDRESS = Price("VPC", "an hour", everywhere("0.005"), f"{SITE}/vpc/pricing/")
TRAFFIC_OUT = Price("EC2", "per GB", in_regions("0.09", eu_west_1="0.09", eu_central_1="0.09"), ON_DEMAND, free=100)
TRAFFIC_BETWEEN_ZONES = Price("EC2", "per GB", everywhere("0.01"), ON_DEMAND)
VOLUME = Price(
    "EBS", "per GB a month", in_regions("0.08", eu_west_1="0.088", eu_central_1="0.0952"), f"{SITE}/ebs/pricing/"
)
SNAPSHOTS = Price(
    "EBS",
    "per GB of changed blocks a month",
    in_regions("0.05", eu_west_1="0.05", eu_central_1="0.054"),
    f"{SITE}/ebs/pricing/",
)

BACKUP_PAGE = f"{SITE}/backup/pricing/"
BACKUP_RDS = Price("Backup", "per GB of database snapshots a month", in_regions("0.095"), BACKUP_PAGE)
BACKUP_DYNAMODB = Price("Backup", "per GB of tables a month", in_regions("0.10"), BACKUP_PAGE)
BACKUP_EFS = Price("Backup", "per GB of file systems a month", in_regions("0.05"), BACKUP_PAGE)
BACKUP_S3 = Price("Backup", "per GB of objects a month", in_regions("0.05"), BACKUP_PAGE)


def instance(us: str, eu_west_1: str, eu_central_1: str) -> Price:
    """Return the price of an hour of one type of instance with Linux."""
    usd = in_regions(us, eu_west_1=eu_west_1, eu_central_1=eu_central_1)
    return Price("EC2", "an hour", usd, ON_DEMAND)


INSTANCES = {
    "t3.nano": instance("0.0052", "0.0057", "0.0060"),
    "t3.micro": instance("0.0104", "0.0114", "0.0120"),
    "t3.small": instance("0.0208", "0.0228", "0.0240"),
    "t4g.nano": instance("0.0042", "0.0046", "0.0048"),
    "t4g.micro": instance("0.0084", "0.0092", "0.0096"),
    "t4g.small": instance("0.0168", "0.0184", "0.0192"),
}
