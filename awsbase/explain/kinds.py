"""The kinds of resources, explained: one entry for each, by the word that its addresses begin with.

Controls are those of the CIS AWS Foundations Benchmark 3.0 and of AWS Foundational Security Best Practices (FSBP).
Prices are those of us-east-1 in dollars, and say what to expect, not what is billed.
"""

from __future__ import annotations

from collections.abc import Mapping

from awsbase.explain.entry import Entry

MANIFEST = "first take it out of the manifest: the next reconcile would make it again"

KINDS: Mapping[str, Entry] = {
    "absent-user": Entry(
        "A user who shall not be there: every password, key, device and right is removed, and then the user.",
        "Credentials of somebody who left are found by somebody else.",
        ("say `state: present`, and reconcile: the name comes back, the old credentials never do",),
        ("CIS 1.12",),
    ),
    "access-log": Entry(
        "The log of who read or changed what in a bucket, kept in another bucket.",
        "Whoever looks through the audit trail leaves a trace there.",
        (MANIFEST, "aws s3api put-bucket-logging --bucket NAME --bucket-logging-status {}"),
        ("CIS 3.4", "FSBP S3.9"),
        "$0.023 per GB of logs a month: cents, for the bucket of an audit trail",
    ),
    "account-alias": Entry(
        "The name of the account in its sign-in address, https://NAME.signin.aws.amazon.com/console.",
        "People know a name by heart, and notice a wrong one; nobody notices a wrong number.",
        (MANIFEST, "aws iam delete-account-alias --account-alias NAME"),
    ),
    "admin-ports": Entry(
        "No security group and no network ACL lets the whole world in on port 22 or 3389 alone.",
        "Open SSH and RDP are tried within minutes. A session through SSM needs no open port.",
        (
            MANIFEST,
            "aws ec2 authorize-security-group-ingress --group-id GROUP --protocol tcp --port 22 --cidr YOUR-NETWORK",
        ),
        ("CIS 5.1", "CIS 5.2", "CIS 5.3", "FSBP EC2.19", "FSBP EC2.21"),
    ),
    "alarm": Entry(
        "Compares one metric with a threshold, and tells a topic when it is passed.",
        "A log that nobody reads warns nobody. `awsbase drill` shows whether it arrives.",
        (MANIFEST, "aws cloudwatch delete-alarms --alarm-names NAME --region REGION"),
        ("CIS 4.1 to 4.15",),
        "$0.10 a month; the first ten alarms of an account are free",
    ),
    "analyzer": Entry(
        "Finds buckets, roles, keys and the like that somebody outside of the account can use, in every region.",
        "A policy that lets strangers in looks like any other; the analyzer works out who gets in.",
        (MANIFEST, "aws accessanalyzer delete-analyzer --analyzer-name NAME --region REGION"),
        ("CIS 1.20",),
    ),
    "anomaly-alert": Entry(
        "Tells when what a service costs departs from what it has cost so far.",
        "Stolen keys mine coins; forgotten machines run on. Both show in the bill long before its end.",
        (MANIFEST, "aws ce get-anomaly-subscriptions", "aws ce delete-anomaly-subscription --subscription-arn ARN"),
    ),
    "billing-alerts": Entry(
        "Publishes what the month has cost so far as a metric.",
        "Without it billing alarms have no data, and never ring. Once on, AWS does not switch it off.",
        ("AWS has no way back: a metric that nobody looks at costs nothing",),
    ),
    "bucket": Entry(
        "A private bucket: no public access, TLS only, versioned, encrypted, with a policy against strangers.",
        "Most leaks out of AWS were open buckets; most losses were overwritten or deleted objects.",
        (
            MANIFEST,
            "look at what is in it: `aws s3 ls s3://NAME --recursive --summarize`; what is deleted with it is lost",
            "delete every version, then: aws s3api delete-bucket --bucket NAME",
        ),
        ("CIS 2.1.1", "CIS 2.1.4", "FSBP S3.5", "FSBP S3.8"),
        "$0.023 per GB a month, old versions included; the manifest says how long those are kept",
    ),
    "budget": Entry(
        "A monthly sum, with a message when it is spent or when AWS forecasts that it will be.",
        "Alarms tell what was spent; a forecast tells it while something can be done.",
        (MANIFEST, "aws budgets delete-budget --account-id ACCOUNT --budget-name NAME"),
        cost="nothing: budgets that only tell are free",
    ),
    "config-recorders": Entry(
        "AWS Config records how every resource was set up, and each change of it, in every region.",
        "It answers what was open last Tuesday. Security Hub judges what it records.",
        (
            MANIFEST,
            "aws configservice stop-configuration-recorder --configuration-recorder-name default --region REGION",
        ),
        ("CIS 3.3", "FSBP Config.1"),
        "$0.003 for each recorded change: some dollars a month, far more where much is built and torn down",
    ),
    "contact": Entry(
        "Whom AWS writes to about one matter, beside the owner of the account's e-mail address.",
        "AWS's warnings of leaked keys go to an address that somebody reads.",
        (MANIFEST, "aws account delete-alternate-contact --alternate-contact-type SECURITY, BILLING or OPERATIONS"),
        ("CIS 1.2", "FSBP Account.1"),
    ),
    "default-groups": Entry(
        "The default security group of every VPC lets nothing in and nothing out.",
        "What is started without a group gets that one, and would trust everything else that did.",
        (
            MANIFEST,
            "aws ec2 authorize-security-group-egress --group-id GROUP --protocol -1 --cidr 0.0.0.0/0 --region REGION",
        ),
        ("CIS 5.4", "FSBP EC2.2"),
    ),
    "default-security-group": Entry(
        "The default security group of the manifest's VPC lets nothing in and nothing out.",
        "What is started without a group gets that one, and would trust everything else that did.",
        (
            MANIFEST,
            "aws ec2 describe-security-groups --filters Name=group-name,Values=default --region REGION tells the ID",
            "aws ec2 authorize-security-group-egress --group-id ID --protocol -1 --cidr 0.0.0.0/0 --region REGION",
        ),
        ("CIS 5.4", "FSBP EC2.2"),
    ),
    "detectors": Entry(
        "GuardDuty watches API calls, DNS and network traffic for what attackers do, in every region.",
        "It knows what stolen keys are used for, and tells it within minutes.",
        (MANIFEST, "aws guardduty list-detectors --region REGION", "aws guardduty delete-detector --detector-id ID"),
        ("FSBP GuardDuty.1",),
        "$4 per million API calls and $1 per GB of network logs, after 30 free days in each region",
    ),
    "ebs-encryption": Entry(
        "New EBS volumes and snapshots are encrypted, whoever makes them, in every region.",
        "Nobody has to remember it. Volumes that exist stay as they are.",
        (MANIFEST, "aws ec2 disable-ebs-encryption-by-default --region REGION"),
        ("CIS 2.2.1", "FSBP EC2.7"),
        "nothing with AWS's key; a key of your own $1 a month and region",
    ),
    "elastic-ip": Entry(
        "A public IPv4 address that stays the account's own while instances come and go.",
        "Others let the bastion in by its address, and need not be told of every new one.",
        (
            MANIFEST,
            "be sure that nobody lets it in any more: once released it is somebody else's, and does not come back",
            "aws ec2 describe-addresses --filters Name=tag:Name,Values=NAME --region REGION tells its id",
            "aws ec2 release-address --allocation-id ID --region REGION",
        ),
        cost="$3.65 a month, whether it is in use or not",
    ),
    "elastic-ip-association": Entry(
        "Lets an Elastic IP address lead to an instance.",
        "A new instance takes over the address of the one that it replaces.",
        (
            MANIFEST,
            "aws ec2 describe-addresses --filters Name=tag:Name,Values=NAME --region REGION tells its association",
            "aws ec2 disassociate-address --association-id ASSOCIATION --region REGION",
        ),
        cost="nothing beside the address",
    ),
    "event-rule": Entry(
        "Sends certain events to a topic as they happen, such as a sign-in of root.",
        "An event arrives within seconds; a metric filter needs minutes, and knows only what the trail has written.",
        (
            MANIFEST,
            "aws events remove-targets --rule NAME --ids IDS --region REGION",
            "aws events delete-rule --name NAME --region REGION",
        ),
        ("CIS 1.7", "CIS 4.3"),
    ),
    "existing-subnet": Entry(
        "A subnet that somebody else looks after, found by its id or its tags, and never written.",
        "What is made by awsbase has its place in a network that is there already.",
        ("nothing is made for it; name another subnet in the manifest, and the instance is made anew there",),
    ),
    "existing-vpc": Entry(
        "A VPC that somebody else looks after, found by its id or its tags, or the default one; never written.",
        "Whoever has a network needs no second one for a bastion.",
        ("nothing is made for it; name another VPC in the manifest, and what is in this one stays",),
    ),
    "flow-logs": Entry(
        "A record of every connection into, out of and within each VPC.",
        "After a break-in it tells where the data went.",
        (MANIFEST, "aws ec2 describe-flow-logs --region REGION", "aws ec2 delete-flow-logs --flow-log-ids ID"),
        ("CIS 3.7", "FSBP EC2.6"),
        "$0.25 per GB of logs and $0.023 per GB a month to keep them",
    ),
    "gateway-endpoint": Entry(
        "The VPC's own way to a service such as S3, through its route tables and no gateway.",
        "What goes to S3 does not cross the internet, and a private subnet needs no NAT for it.",
        (
            MANIFEST,
            "aws ec2 describe-vpc-endpoints --filters Name=tag:Name,Values=NAME --region REGION tells its id",
            "aws ec2 delete-vpc-endpoints --vpc-endpoint-ids ID --region REGION: connections through it break",
        ),
    ),
    "group": Entry(
        "A group of users, with the policies that its members work under.",
        "Rights that hang on groups can be read at a glance; rights that hang on people are forgotten there.",
        (MANIFEST, "take out its users and detach its policies, then: aws iam delete-group --group-name NAME"),
        ("CIS 1.15", "FSBP IAM.2"),
    ),
    "image-block": Entry(
        "No machine image can be made public, in any region.",
        "An image holds what was on the disk, keys and passwords included.",
        (MANIFEST, "aws ec2 disable-image-block-public-access --region REGION"),
    ),
    "instance": Entry(
        "The EC2 instance that is the bastion, made from its launch template: IMDSv2 alone, an encrypted disk.",
        "One machine to go through, with nothing on it to lose: when it is to be another, it is made anew.",
        (
            "first say `on_demand: true` in the manifest, or take it out: the next reconcile would make it again",
            "aws ec2 describe-instances --filters Name=tag:Name,Values=NAME --region REGION tells its id",
            "aws ec2 terminate-instances --instance-ids ID --region REGION: what is on its disk is lost",
        ),
        ("CIS 5.6", "FSBP EC2.3", "FSBP EC2.8"),
        "$6 a month for t4g.micro, $0.64 for its volume of 8 GB and $3.65 for its public address, by the hour",
    ),
    "instance-connect-endpoint": Entry(
        "An EC2 Instance Connect Endpoint: SSH to where no port is open to the world.",
        "IAM says who gets through, each time, and the audit trail who did. AWS gives a VPC one of them.",
        (
            MANIFEST,
            "aws ec2 describe-instance-connect-endpoints --region REGION tells its id, by the tag Name",
            "aws ec2 delete-instance-connect-endpoint --instance-connect-endpoint-id ID --region REGION",
        ),
        cost="nothing; what goes to another zone through it $0.01 per GB",
    ),
    "instance-profile": Entry(
        "The hand through which an instance takes its role.",
        "An instance with a role needs no access key, and there is none to be found on its disk.",
        (
            MANIFEST,
            "end the instances that use it: they lose their role",
            "aws iam remove-role-from-instance-profile --instance-profile-name NAME --role-name ROLE",
            "aws iam delete-instance-profile --instance-profile-name NAME",
        ),
        ("CIS 1.18",),
    ),
    "internet-gateway": Entry(
        "The door between a VPC and the internet.",
        "Without it nothing in the VPC reaches AWS's services, and nothing gets updates.",
        (
            MANIFEST,
            "take away the routes that lead to it, and the public addresses in the VPC",
            "aws ec2 describe-internet-gateways --filters Name=tag:Name,Values=NAME --region REGION tells its id",
            "aws ec2 detach-internet-gateway --internet-gateway-id ID --vpc-id VPC --region REGION",
            "aws ec2 delete-internet-gateway --internet-gateway-id ID --region REGION",
        ),
        cost="nothing; what leaves through it $0.09 per GB, after 100 free GB a month",
    ),
    "key": Entry(
        "A KMS key behind an alias, rotated every year; the account's IAM policies say who uses it.",
        "Whoever reads what is encrypted needs two rights instead of one, and every use stands in the trail.",
        (
            MANIFEST,
            "be sure that nothing is encrypted under it any more: what is, is lost with it",
            "aws kms describe-key --key-id alias/NAME --region REGION tells its id",
            "aws kms schedule-key-deletion --key-id ID --pending-window-in-days 30 --region REGION",
        ),
        ("CIS 3.5", "CIS 3.6"),
        "$1 a month, $2 after the first rotation and $3 after the second, and $0.03 per 10,000 uses",
    ),
    "key-pair": Entry(
        "The public half of somebody's SSH key under a name in EC2, for instances to be started with.",
        "The other half never leaves its owner: EC2 makes none, and awsbase sees none.",
        (
            MANIFEST,
            "aws ec2 delete-key-pair --key-name NAME --region REGION",
            "instances that were started with it still let it in: take it out of their authorized_keys",
        ),
    ),
    "launch-template": Entry(
        "All that an instance is before there is one: image, type, role, groups, encrypted disk, IMDSv2 alone.",
        "What is started from it, by whomever, is started right.",
        (MANIFEST, "aws ec2 delete-launch-template --launch-template-name NAME --region REGION: instances stay"),
        ("CIS 5.6", "FSBP EC2.8"),
    ),
    "log-group": Entry(
        "Where CloudWatch Logs keeps events, for as long as the manifest says.",
        "Alarms read the audit trail here. Without a retention logs are kept, and paid, for ever.",
        (MANIFEST, "aws logs delete-log-group --log-group-name NAME --region REGION: its events are lost"),
        ("CIS 4.1 to 4.15", "FSBP CloudTrail.5"),
        "$0.50 per GB taken in and $0.03 per GB a month",
    ),
    "metadata-defaults": Entry(
        "New instances answer requests for their credentials to IMDSv2 only, in every region.",
        "With the first version one careless web server hands the instance's credentials to whoever asks it nicely.",
        (MANIFEST, "aws ec2 modify-instance-metadata-defaults --http-tokens no-preference --region REGION"),
        ("CIS 5.6", "FSBP EC2.8"),
    ),
    "metric-filter": Entry(
        "Counts the events of the audit trail that match a pattern, for an alarm to watch.",
        "The patterns are those of the CIS benchmark, word for word: checkers compare them.",
        (MANIFEST, "aws logs delete-metric-filter --log-group-name GROUP --filter-name FILTER --region REGION"),
        ("CIS 4.1 to 4.15",),
        "$0.30 a month for its metric in months in which something was counted; the first ten are free",
    ),
    "mfa-device": Entry(
        "A virtual MFA device made for somebody, with its seed kept until they take it over.",
        "Nobody works without MFA, not even on the first day.",
        (MANIFEST, "awsbase mfa remove NAME --user NAME"),
        ("CIS 1.10", "FSBP IAM.5"),
        "$0.40 a month for the secret, until the seed is taken over",
    ),
    "nat-route": Entry(
        "What a private subnet sends to the internet goes by way of the bastion. IPv4 alone, and this one route.",
        "A subnet that nobody reaches from outside still gets its updates, without the $32 a month of a NAT gateway.",
        (
            MANIFEST,
            "aws ec2 describe-route-tables --filters Name=association.subnet-id,Values=SUBNET --region REGION"
            " tells its table",
            "aws ec2 delete-route --route-table-id TABLE --destination-cidr-block 0.0.0.0/0 --region REGION",
        ),
        cost="nothing beside the instance; what leaves through it $0.09 per GB, after 100 free GB a month",
    ),
    "ephemeral": Entry(
        "An instance that `awsbase bastion up` starts and `awsbase bastion down` ends; reconcile only looks at it.",
        "A machine that is not there cannot be attacked. Whoever lost their account keeps none on one that is.",
        ("nothing is made for it; `awsbase bastion down MANIFEST` ends the instance",),
        cost="that of the instance by the hour, while it runs",
    ),
    "password-policy": Entry(
        "What passwords of IAM users must be: at least 14 characters, not one of the last 24.",
        "Short passwords are guessed, and old ones are known already.",
        (MANIFEST, "aws iam delete-account-password-policy: AWS's own holds again, of 8 characters"),
        ("CIS 1.8", "CIS 1.9", "FSBP IAM.7"),
    ),
    "policy": Entry(
        "A policy of the account's own, for groups and roles to have.",
        "One document in one place, with its last versions kept by AWS.",
        (
            MANIFEST,
            "aws iam list-entities-for-policy --policy-arn ARN, and detach it from each",
            "aws iam delete-policy --policy-arn ARN",
        ),
        ("CIS 1.15", "CIS 1.16", "FSBP IAM.1"),
    ),
    "public-access-block": Entry(
        "No bucket of the account is public, whatever its own settings and policy say.",
        "One switch above all buckets, present and future: a slip in one of them opens nothing.",
        (MANIFEST, "aws s3control delete-public-access-block --account-id ACCOUNT"),
        ("CIS 2.1.4", "FSBP S3.1"),
    ),
    "regions": Entry(
        "The regions that protection covers: all that are switched on, unless the manifest names some.",
        "Attackers work where nobody checks. Regions that are off need no protection, and are only named.",
        ("nothing is made for it; name regions under protect to look after fewer",),
    ),
    "role": Entry(
        "What a service, a machine or another account may do here, for an hour at a time.",
        "A role has no key that could be stolen: whoever it trusts gets credentials that end by themselves.",
        (
            MANIFEST,
            "detach its policies and delete its inline ones, then: aws iam delete-role --role-name NAME",
            "whatever works in it stops at once",
        ),
        ("CIS 1.17", "CIS 1.18"),
    ),
    "root": Entry(
        "Whether root is locked away: MFA on, no access keys, the bills visible to others, a role for AWS's support.",
        "Nothing limits root, and nobody can be told from anybody else behind it. awsbase looks, you do.",
        ("nothing is made for it; leave the section out, and awsbase no longer looks",),
        ("CIS 1.4", "CIS 1.5", "CIS 1.6", "CIS 1.7", "CIS 1.17", "FSBP IAM.4", "FSBP IAM.6"),
    ),
    "route-table": Entry(
        "Where what leaves a subnet goes: these routes, and none that somebody added.",
        "One route more, and a private subnet is public or its traffic goes by way of a stranger.",
        (
            MANIFEST,
            "aws ec2 describe-route-tables --filters Name=tag:Name,Values=NAME --region REGION tells its id",
            "aws ec2 disassociate-route-table --association-id ASSOCIATION --region REGION, for each of its subnets:"
            " they follow the VPC's main table then",
            "aws ec2 delete-route-table --route-table-id ID --region REGION",
        ),
    ),
    "schedule": Entry(
        "A schedule of EventBridge that terminates the instance when its time is over, and then deletes itself.",
        "The bastion ends though the laptop that started it is asleep; what is forgotten neither costs nor waits.",
        (
            "`awsbase bastion up` puts it off, and `awsbase bastion down` ends both now",
            "aws scheduler delete-schedule --name NAME --region REGION: the instance runs, and costs, until ended",
        ),
    ),
    "secret": Entry(
        "A place in Secrets Manager for one value, under a key, with those who may read it.",
        "A password in a file, a variable or a chat is everybody's in the end. Each read stands in the audit trail.",
        (
            MANIFEST,
            "aws secretsmanager delete-secret --secret-id NAME --region REGION, and 30 days to regret it",
        ),
        ("FSBP SecretsManager.1", "FSBP SecretsManager.4"),
        "$0.40 a month and $0.05 per 10,000 reads; its key $1 a month, however many secrets share it",
    ),
    "security-group": Entry(
        "Who reaches what is in a group, and what that reaches: exactly these rules.",
        "A port that somebody opened for an hour is closed again by the next run.",
        (
            MANIFEST,
            "give what is in it another group, and take it out of the rules of others",
            "aws ec2 describe-security-groups --filters Name=group-name,Values=NAME --region REGION tells its id",
            "aws ec2 delete-security-group --group-id ID --region REGION",
        ),
    ),
    "security-hubs": Entry(
        "Security Hub checks the account against CIS and AWS's best practices, in every region, all the time.",
        "It sees what was changed beside the manifest.",
        (MANIFEST, "aws securityhub disable-security-hub --region REGION"),
        ("CIS 4.16",),
        "$0.0010 for each check, after 30 free days in each region; a small account some dollars a month",
    ),
    "service-linked-role": Entry(
        "The role in which one service of AWS works for the account; AWS names it and writes its policy.",
        "Some services do not start without it, and say so only in part.",
        (MANIFEST, "switch the service off everywhere, then: aws iam delete-service-linked-role --role-name ROLE"),
    ),
    "snapshot-block": Entry(
        "No EBS snapshot is public, in any region.",
        "A public snapshot is a disk for everybody, and people look for them.",
        (MANIFEST, "aws ec2 disable-snapshot-block-public-access --region REGION"),
        ("FSBP EC2.1", "FSBP EC2.182"),
    ),
    "snapshot-policy": Entry(
        "Makes snapshots of the volumes that carry a tag, by schedule, and deletes those that are old enough.",
        "A backup that somebody has to think of is missing when it is needed.",
        (
            MANIFEST,
            "aws dlm get-lifecycle-policies --region REGION tells its id, by the tag awsbase:address",
            "aws dlm delete-lifecycle-policy --policy-id ID --region REGION: its snapshots stay, and cost, for ever",
        ),
        cost="$0.05 per GB of changed blocks a month",
    ),
    "subnet": Entry(
        "One slice of the VPC's addresses, in one zone; it hands out no public address by itself.",
        "What is started in it is reached from outside only if somebody says so.",
        (
            MANIFEST,
            "end what is in it, or else AWS refuses",
            "aws ec2 describe-subnets --filters Name=tag:Name,Values=NAME --region REGION tells its id",
            "aws ec2 delete-subnet --subnet-id ID --region REGION",
        ),
        ("FSBP EC2.15",),
    ),
    "subscription": Entry(
        "Somebody who hears what is said on a topic, once they have confirmed it.",
        "An alarm without a listener rings in an empty room.",
        (MANIFEST, "aws sns list-subscriptions --region REGION", "aws sns unsubscribe --subscription-arn ARN"),
        ("CIS 4.1 to 4.15",),
        "$2 per 100,000 mails, after 1,000 free ones a month",
    ),
    "topic": Entry(
        "A channel that alarms speak on; its policy lets this account's services speak, and nobody else.",
        "Who listens changes in one place, and a forged alarm cannot be sent.",
        (MANIFEST, "aws sns delete-topic --topic-arn ARN --region REGION: alarms that speak on it are mute then"),
        ("CIS 4.1 to 4.15", "FSBP SNS.4"),
        "$0.50 per million messages, after a million free ones a month",
    ),
    "trail": Entry(
        "The record of who did what, in all regions, validated, in a bucket and in CloudWatch Logs.",
        "Without it nobody can tell afterwards what happened, or that anything did.",
        (
            "think twice: what is not recorded cannot be found out later, and awsbase:protect-audit refuses it",
            MANIFEST,
            "aws cloudtrail delete-trail --name NAME --region REGION: what it recorded stays in the bucket",
        ),
        ("CIS 3.1", "CIS 3.2", "CIS 3.5", "CIS 3.8", "CIS 3.9", "FSBP CloudTrail.1, .2, .4, .5"),
        "the first trail is free; $0.50 per GB in CloudWatch Logs, $0.023 per GB a month in S3; logging objects more",
    ),
    "user": Entry(
        "A person, or a machine that cannot assume a role; rights come from groups alone.",
        "Who is known by name can be asked, and leaves with all that is theirs.",
        ("say `state: absent` in the manifest, and reconcile: everything of theirs goes with them",),
        ("CIS 1.10", "CIS 1.13", "CIS 1.15", "FSBP IAM.2", "FSBP IAM.5"),
    ),
    "vpc": Entry(
        "A network of the account's own, with one IPv4 block and, unless the manifest says no, one of IPv6.",
        "The default VPC gives each machine a public address; in this one nothing has one that need not.",
        (
            MANIFEST,
            "end what is in it, then delete its endpoints, subnets, route tables, gateways and groups",
            "aws ec2 describe-vpcs --filters Name=tag:Name,Values=NAME --region REGION tells its id",
            "aws ec2 delete-vpc --vpc-id ID --region REGION",
        ),
    ),
    "vpc-flow-log": Entry(
        "A record of every connection into, out of and within the manifest's VPC.",
        "After a break-in it tells where the data went.",
        (
            MANIFEST,
            "aws ec2 describe-flow-logs --filter Name=tag:awsbase:address,Values=vpc-flow-log/NAME --region REGION"
            " tells its id",
            "aws ec2 delete-flow-logs --flow-log-ids ID --region REGION",
        ),
        ("CIS 3.7", "FSBP EC2.6"),
        "$0.25 per GB of logs and $0.023 per GB a month to keep them",
    ),
}
