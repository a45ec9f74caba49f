"""The security groups of a region, and which of them services of AWS and their tools make.

These are known by their tags, or by names that nobody else gives.

Sources: EKS user guide, "Amazon EKS security group considerations"; AWS Load Balancer Controller, "Security group
management"; Elastic Load Balancing user guide, "Configure security groups for your Classic Load Balancer"; RDS user
guide, "Connecting your DB instance to an EC2 instance automatically"; EMR management guide, "Working with EMR-managed
security groups"; Directory Service administration guide, "What gets created"; Elastic Beanstalk developer guide,
"Managing EC2 security groups"; EC2 user guide, "Launch instance wizard".
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from awsbase.engine.facts import Facts

# What a key of a tag begins with, and who writes it.
TAGS = {
    "kubernetes.io/cluster/": "Kubernetes",
    "aws:eks:": "EKS",
    "eks:": "EKS",
    "elbv2.k8s.aws/": "the AWS Load Balancer Controller",
    "elasticbeanstalk:": "Elastic Beanstalk",
    "aws:elasticmapreduce:": "EMR",
    "karpenter.sh/": "Karpenter",
}
NAMES = {
    r"eks-cluster-sg-.*": "EKS",
    r"k8s-(elb-|traffic-).*": "Kubernetes",
    r"default_elb_.*": "Elastic Load Balancing",
    r"(rds-ec2|ec2-rds|lambda-rds|rds-lambda|rds-rdsproxy|rdsproxy-rds|rds-launch-wizard)(-\d+)?": "the console of RDS",
    r"ElasticMapReduce(-.*)?": "EMR",
    r"d-[0-9a-f]{10}_(controllers|workspacesMembers)": "Directory Service",
    r"awseb-.*": "Elastic Beanstalk",
    r"launch-wizard-\d+": "the launch wizard of EC2's console",
    r"security-group-for-(in|out)bound-nfs-.*": "SageMaker",
}


def described(facts: Facts, region: str) -> list[Mapping[str, Any]]:
    """Read all security groups of a region as EC2 writes them."""
    pages = facts.aws.at(region).ec2.get_paginator("describe_security_groups").paginate()
    return [group for page in pages for group in page["SecurityGroups"]]


def maker(name: str, tags: Mapping[str, str]) -> tuple[str, str] | None:
    """Return which service made a security group, and how that is known; None when nothing says so."""
    for begin, owner in TAGS.items():
        for key in tags:
            if key.startswith(begin):
                return owner, f"by its tag {key}"
    for pattern, owner in NAMES.items():
        if re.fullmatch(pattern, name):
            return owner, f"by its name {name}"
    return None


def of_peers(group: Mapping[str, Any], account: str) -> Iterator[str]:
    """Yield the rules that name a group of another account, or of another VPC through a peering connection."""
    for way, key in (("ingress", "IpPermissions"), ("egress", "IpPermissionsEgress")):
        for permission in group.get(key, ()):
            for pair in permission.get("UserIdGroupPairs", ()):
                if pair.get("VpcPeeringConnectionId") or pair.get("UserId", account) != account:
                    yield f"{way}: {pair.get('GroupId')} of account {pair.get('UserId', account)}"
