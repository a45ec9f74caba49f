"""Public parameters of images: moto has Amazon Linux's alone, and Debian's and Ubuntu's name the same images here."""

import re

# wiki.debian.org/Cloud/AmazonEC2Image; documentation.ubuntu.com/aws, "Find Ubuntu images with SSM".
PUBLISHED = (
    re.compile(r"/aws/service/debian/release/1[23]/latest/(amd64|arm64)"),
    re.compile(r"/aws/service/canonical/ubuntu/server/2[24]\.04/stable/current/(amd64|arm64)/hvm/ebs-gp[23]/ami-id"),
)
AMAZON_LINUX = "/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-"


def known_to_moto(name: str) -> str:
    """Return the parameter that moto has for one: of Amazon Linux, for the same processor."""
    for published in PUBLISHED:
        if found := published.fullmatch(name):
            return AMAZON_LINUX + ("x86_64" if found[1] == "amd64" else found[1])
    return name
