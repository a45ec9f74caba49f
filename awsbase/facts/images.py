"""Machine images: look up an image by id or public parameter, for the processor of an instance type."""

from __future__ import annotations

from awsbase.engine.facts import Facts
from awsbase.engine.permissions import Allows, allow
from awsbase.engine.scope import Scope
from awsbase.errors import AwsbaseError
from awsbase.records import record

AMAZON_LINUX = "/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-{architecture}"
# The images that a manifest may name by distribution, by the public parameter of whoever publishes them.
DISTRIBUTIONS = {
    "amazon-linux": AMAZON_LINUX,
    "debian": "/aws/service/debian/release/13/latest/{architecture}",
    "ubuntu": "/aws/service/canonical/ubuntu/server/24.04/stable/current/{architecture}/hvm/ebs-gp3/ami-id",
}
ARCHITECTURE = "{architecture}"
# Debian and Canonical call it amd64.
AMD64 = ("/aws/service/debian/", "/aws/service/canonical/")


class NoSuchImage(AwsbaseError):
    """The region has no such image, or none that runs on this instance type."""


@record
class Image:
    """An image: its current id, its name in a launch template, its root device and its processor."""

    id: str
    launched_as: str
    root: str
    architecture: str


def architectures(facts: Facts, region: str, type: str) -> tuple[str, ...]:
    """Read which processors an instance type supports; raises NoSuchImage when the region has no such instance type."""
    from botocore.exceptions import ClientError

    try:
        types = facts.aws.at(region).ec2.describe_instance_types(InstanceTypes=[type])["InstanceTypes"]
    except ClientError as error:
        if error.response["Error"]["Code"] != "InvalidInstanceType":
            raise
        raise NoSuchImage(
            f"{region} has no instance type {type!r}", hint="t4g.micro and t3.micro are in most regions"
        ) from error
    return tuple(types[0]["ProcessorInfo"]["SupportedArchitectures"])


def image(facts: Facts, region: str, named: str, type: str) -> Image:
    """Look up the image of an id or of a public parameter, in which `{architecture}` is the instance type's processor.

    Raises NoSuchImage when there is none, or none for this instance type.
    """
    from botocore.exceptions import ClientError

    client = facts.aws.at(region)
    supported = facts.read(architectures, region, type)
    architecture = "arm64" if "arm64" in supported else "x86_64"
    id = launched_as = named
    if named.startswith("/"):
        parameter = parameter_for(named, architecture)
        try:
            id = client.ssm.get_parameter(Name=parameter)["Parameter"]["Value"]
        except ClientError as error:
            if error.response["Error"]["Code"] != "ParameterNotFound":
                raise
            raise NoSuchImage(f"{region} has no parameter {parameter}", hint="name another image") from error
        launched_as = f"resolve:ssm:{parameter}"
    try:
        found = client.ec2.describe_images(ImageIds=[id])["Images"]
    except ClientError as error:
        if not error.response["Error"]["Code"].startswith("InvalidAMIID."):
            raise
        found = []
    if not found:
        raise NoSuchImage(f"{region} has no image {id}", hint="images have another id in each region")
    if found[0]["Architecture"] not in supported:
        raise NoSuchImage(
            f"the image {named} is for {found[0]['Architecture']}, and {type} is {' or '.join(supported)}",
            hint="choose another type, or an image whose name says {architecture}",
        )
    return Image(id, launched_as, found[0]["RootDeviceName"], found[0]["Architecture"])


def names(named: str) -> tuple[str, ...]:
    """Return the names that a launch template can have for the image of an id or of a public parameter."""
    if not named.startswith("/"):
        return (named,)
    return tuple(f"resolve:ssm:{parameter_for(named, each)}" for each in ("arm64", "x86_64"))


def named_by(launched_as: str) -> str:
    """Return what a manifest may call the image of a launch template: the parameter of a distribution, or any name."""
    known = (each for each in DISTRIBUTIONS.values() if launched_as in names(each))
    return next(known, launched_as.removeprefix("resolve:ssm:"))


def parameter_for(named: str, architecture: str) -> str:
    """Return the public parameter for an architecture, which its publisher may call by another name."""
    own = "amd64" if architecture == "x86_64" and named.startswith(AMD64) else architecture
    return named.replace(ARCHITECTURE, own)


def image_permissions(scope: Scope, image: str) -> Allows:
    """Yield the permissions that reading an image needs."""
    yield allow("ec2", "DescribeImages", "DescribeInstanceTypes")
    if image.startswith("/"):
        yield allow("ssm", "GetParameter", on=(public_parameters(scope),))


def launch_permissions(scope: Scope, image: str) -> Allows:
    """Yield what a template with a parameter for its image takes: EC2 looks it up as whoever writes or launches it."""
    if image.startswith("/"):
        yield allow("ssm", "GetParameters", on=(public_parameters(scope),))


def public_parameters(scope: Scope) -> str:
    """Return the ARN pattern of AWS's public parameters, which belong to no account."""
    return f"arn:{scope.partition}:ssm:{scope.region}::parameter/aws/service/*"
