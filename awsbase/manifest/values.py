"""What a single value of a manifest may be: account ids, regions, the names of things in AWS, tags."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Annotated, Any

from pydantic import AfterValidator, Field, ValidationInfo, ValidatorFunctionWrapHandler, WrapValidator

from awsbase.manifest.paths import nearest, shown
from awsbase.manifest.section import closest, context_of, invalid

TEMPLATE = re.compile(r"(?<!\$)\{([^{}]*)\}")
PLACEHOLDERS = ("name", "id", "region")

REGION = re.compile(r"[a-z]{2,4}(-[a-z]+)*-(north|south|central)?(east|west)?(?<!-)-[0-9]")
DISTRIBUTION = re.compile(r"[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?")
# https://docs.aws.amazon.com/organizations/latest/APIReference/API_Organization.html
ORGANIZATION_ID = re.compile(r"o-[a-z0-9]{10,32}")
# Only for suggestions and completion.
REGIONS = tuple(
    """
    af-south-1 ap-east-1 ap-east-2 ap-northeast-1 ap-northeast-2 ap-northeast-3 ap-south-1 ap-south-2 ap-southeast-1
    ap-southeast-2 ap-southeast-3 ap-southeast-4 ap-southeast-5 ap-southeast-6 ap-southeast-7 ca-central-1 ca-west-1
    cn-north-1 cn-northwest-1 eu-central-1 eu-central-2 eu-north-1 eu-south-1 eu-south-2 eu-west-1 eu-west-2 eu-west-3
    eusc-de-east-1 il-central-1 me-central-1 me-south-1 mx-central-1 sa-east-1 us-east-1 us-east-2 us-gov-east-1
    us-gov-west-1 us-west-1 us-west-2
    """.split()  # noqa: SIM905, forty lines would not read better
)

RETENTION_DAYS = (
    *(1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731),
    *(1096, 1827, 2192, 2557, 2922, 3288, 3653),
)

# A resource takes 50 tags, and awsbase adds its own.
MAX_TAGS = 45
TAG_CHARACTERS = re.compile(r"[\w\s.:/=+@-]*")


def expand(value: str, info: ValidationInfo) -> str:
    """Fill in `{name}`, `{id}` and `{region}` from the account section; `${aws:...}` is left alone."""

    def fill(match: re.Match[str]) -> str:
        word = match[1]
        if word not in PLACEHOLDERS:
            near = nearest(word, PLACEHOLDERS)
            hint = f"did you mean {{{near}}}?" if near else "there are {name}, {id} and {region}"
            raise invalid(f"no placeholder {{{word}}}", hint)
        known = context_of(info)
        return known.names.get(word, match[0]) if known else match[0]

    return TEMPLATE.sub(fill, value)


def named(pattern: str, rule: str, *, also: Callable[[str], str | None] = lambda value: None) -> AfterValidator:
    """Make the validator of a name: a template is expanded, then it must match; `also` may name another error.

    The pattern is compiled for the first name: most manifests have names of a few kinds.
    """

    def check(value: str, info: ValidationInfo) -> str:
        name = expand(value, info)
        # Still a template: the account section has a mistake of its own, or this section is built in Python.
        if TEMPLATE.search(name):
            return name
        origin = "" if name == value else f" (from {value!r})"
        if not re.fullmatch(pattern, name):
            what, _, right = rule.partition(": ")
            hint = f"write it {right}" if right.startswith("like") else f"it is {right}"
            raise invalid(f"{shown(name)}{origin} is no {what}", hint)
        if error := also(name):
            raise invalid(f"{shown(name)}{origin} {error}")
        return name

    return AfterValidator(check)


def bucket_name_error(name: str) -> str | None:
    """Return what is wrong with the name of a bucket; None when nothing is."""
    for prefix in ("xn--", "sthree-", "amzn-s3-demo-"):
        if name.startswith(prefix):
            return f"starts with {prefix!r}, which S3 keeps for itself"
    for suffix in ("-s3alias", "--ol-s3", ".mrap", "--x-s3", "--table-s3", "-an"):
        if name.endswith(suffix):
            return f"ends with {suffix!r}, which S3 keeps for itself"
    return None


def alias_error(name: str) -> str | None:
    """Return what is wrong with the alias of a key; None when nothing is."""
    return "is kept for AWS's own keys" if name.startswith("alias/aws/") else None


def region(value: str) -> str:
    """Accept any region that is well formed, known or not: AWS opens new ones.

    Raises PydanticCustomError for any other.
    """
    if REGION.fullmatch(value):
        return value
    raise invalid(f"{shown(value)} is no AWS region", closest(value, REGIONS) or "regions look like eu-west-1")


def account_id(value: str) -> str:
    """Accept the 12 digits of an account id; raises PydanticCustomError for any other."""
    if not re.fullmatch(r"[0-9]{12}", value):
        digits = re.sub(r"[\s-]", "", value)
        hint = f'write "{digits}"' if re.fullmatch(r"[0-9]{12}", digits) else "an account id has 12 digits"
        raise invalid(f"{shown(value)} is no account id", hint)
    return value


def organization_id(value: str) -> str:
    """Accept the id of an organization; raises PydanticCustomError for any other."""
    if not ORGANIZATION_ID.fullmatch(value):
        raise invalid(f"{shown(value)} is no id of an organization", "it is like o-acme123456")
    return value


def distribution_name(value: str) -> str:
    """Accept the name of a distribution; raises PydanticCustomError for a path or an address."""
    if not DISTRIBUTION.fullmatch(value):
        raise invalid(f"{shown(value)} is no name of a distribution", "write it as pip does, like acme-repositories")
    return value


def retention(value: int) -> int:
    """Accept the retention times that CloudWatch Logs knows; raises PydanticCustomError for any other."""
    if value not in RETENTION_DAYS:
        longer = next((days for days in RETENTION_DAYS if days >= value), RETENTION_DAYS[-1])
        raise invalid(f"CloudWatch Logs cannot keep logs for {value} days", f"the next it knows is {longer}")
    return value


def tags(value: dict[str, str]) -> dict[str, str]:
    """Accept tags that every service takes; raises PydanticCustomError for any other."""
    if len(value) > MAX_TAGS:
        raise invalid(f"{len(value)} tags are too many", f"AWS takes 50 on a resource, {MAX_TAGS} of them from here")
    seen: dict[str, str] = {}
    for key, text in value.items():
        if key.lower().startswith(("aws:", "awsbase:")):
            raise invalid(f"the tag {shown(key)} starts with a reserved prefix", "neither aws: nor awsbase: can be set")
        if not 1 <= len(key) <= 128:
            raise invalid(f"the tag key {shown(key)} has {len(key)} characters", "AWS takes 1 to 128")
        if len(text) > 256:
            raise invalid(f"the value of tag {shown(key)} has {len(text)} characters", "AWS takes up to 256")
        if not TAG_CHARACTERS.fullmatch(key) or not TAG_CHARACTERS.fullmatch(text):
            raise invalid(
                f"the tag {shown(key)} has a character AWS refuses", "it takes letters, digits, spaces and _.:/=+@-"
            )
        if key != key.strip() or text != text.strip():
            raise invalid(f"the tag {shown(key)} begins or ends with a blank", "some services drop it, so leave it out")
        # IAM ignores the case of tag keys when it looks for duplicates.
        if (twin := seen.setdefault(key.lower(), key)) != key:
            raise invalid(f"the tags {shown(twin)} and {shown(key)} are one to IAM", "keep one spelling")
    return value


def one_name_each(value: Any, handler: ValidatorFunctionWrapHandler) -> Any:
    """Refuse two keys that AWS takes for one name: IAM ignores case, and templates may meet.

    Raises PydanticCustomError for any other.
    """
    done = other_names(value, handler)
    seen: dict[str, str] = {}
    for name in done:
        if twin := seen.get(name.lower()):
            raise invalid(f"{shown(twin)} and {shown(name)} are one name to AWS", "keep one of them")
        seen[name.lower()] = name
    return done


def other_names(value: Any, handler: ValidatorFunctionWrapHandler) -> Any:
    """Refuse two keys that become one where their templates meet, for names whose case counts.

    Raises PydanticCustomError for any other.
    """
    done = handler(value)
    if isinstance(value, dict) and len(done) < len(value):
        raise invalid("two keys become one name once their placeholders are filled in", "keep one of them")
    return done


DistributionName = Annotated[str, AfterValidator(distribution_name)]
AccountId = Annotated[str, AfterValidator(account_id), Field(json_schema_extra={"pattern": "^[0-9]{12}$"})]
OrganizationId = Annotated[str, AfterValidator(organization_id)]
Region = Annotated[str, AfterValidator(region), Field(json_schema_extra={"examples": list(REGIONS)})]

BUCKET = named(
    r"[a-z0-9][a-z0-9-]{1,61}[a-z0-9]",
    "bucket name: 3 to 63 lower-case letters, digits and hyphens, a letter or digit at both ends",
    also=bucket_name_error,
)
BucketName = Annotated[str, BUCKET]
AccountAlias = Annotated[
    str,
    named(
        r"(?=.{3,63}$)(?![0-9]{12}$)[a-z0-9]+(-[a-z0-9]+)*",
        "account alias: 3 to 63 lower-case letters, digits and single hyphens, not 12 digits",
    ),
]
UserName = Annotated[str, named(r"[A-Za-z0-9_+=,.@-]{1,64}", "user name: 1 to 64 letters, digits and _+=,.@-")]
RoleName = Annotated[str, named(r"[A-Za-z0-9_+=,.@-]{1,64}", "role name: 1 to 64 letters, digits and _+=,.@-")]
GroupName = Annotated[str, named(r"[A-Za-z0-9_+=,.@-]{1,128}", "group name: 1 to 128 letters, digits and _+=,.@-")]
PolicyName = Annotated[str, named(r"[A-Za-z0-9_+=,.@-]{1,128}", "policy name: 1 to 128 letters, digits and _+=,.@-")]
ProfileName = Annotated[
    str, named(r"[A-Za-z0-9_+=,.@-]{1,128}", "instance profile name: 1 to 128 letters, digits and _+=,.@-")
]
# A `*` in the place of the account stands for any.
RoleArn = Annotated[
    str,
    named(
        r"arn:aws[a-z-]*:iam::([0-9]{12}|\*):role/([\x21-\x29\x2b-\x3e\x40-\x7e]{1,510}/)?[A-Za-z0-9_+=,.@-]{1,64}",
        "ARN of a role: like arn:aws:iam::123456789012:role/Deployers",
    ),
]
IamPath = Annotated[str, named(r"/|/[\x21-\x7e]{1,510}/", "path: like /teams/ops/, or / alone")]
# IAM takes less in the path of a policy than in those of users, groups and roles.
PolicyPath = Annotated[
    str,
    named(
        r"(?=.{1,512}$)/([A-Za-z0-9.,+@=_-]+/)*",
        "path of a policy: / alone, or words of letters, digits and .,+@=_- between /",
    ),
]
AnalyzerName = Annotated[
    str, named(r"[A-Za-z_][A-Za-z0-9_.-]{0,254}", "analyzer name: up to 255 letters, digits and _.-, not a digit first")
]
TopicName = Annotated[str, named(r"[A-Za-z0-9_-]{1,256}", "topic name: 1 to 256 letters, digits and _-")]
TrailName = Annotated[
    str,
    named(
        r"(?=.{3,128}$)(?![0-9.]+$)[A-Za-z0-9]+([._-][A-Za-z0-9]+)*",
        "trail name: 3 to 128 letters and digits, with single . _ - between them",
    ),
]
LogGroupName = Annotated[
    str, named(r"(?!aws/)[A-Za-z0-9._/#-]{1,512}", "log group name: 1 to 512 letters, digits and ._/#-, not under aws/")
]
KmsAlias = Annotated[
    str,
    named(r"alias/[A-Za-z0-9/_-]{1,250}", "key alias: alias/ and letters, digits and /_-", also=alias_error),
]
ArnStr = Annotated[
    str, named(r"arn:aws[a-z-]*:[a-z0-9-]+:[a-z0-9-]*:([0-9]{12}|aws)?:\S+", "ARN: like arn:PARTITION:iam::ACCOUNT:...")
]
Email = Annotated[
    str,
    named(
        r"(?=.{6,254}$)[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@([A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?\.)+[A-Za-z]{2,}",
        "e-mail address: like ops@acme.example",
    ),
]
# AWS takes fewer characters here than mail does.
ContactEmail = Annotated[
    str,
    named(
        r"(?=.{1,254}$)[A-Za-z0-9_+=.#|!&-]+@[A-Za-z0-9_.-]+\.[A-Za-z0-9_]+", "e-mail address: like sec@acme.example"
    ),
]
Phone = Annotated[str, named(r"(?=.*[0-9])[\s0-9()+-]{1,25}", "phone number: up to 25 digits, spaces and ()+-")]
# A hundred years; what is kept longer is kept for good.
Days = Annotated[int, Field(ge=1, le=36500)]
LogRetention = Annotated[int, AfterValidator(retention), Field(json_schema_extra={"enum": list(RETENTION_DAYS)})]
Tags = Annotated[dict[str, str], AfterValidator(tags)]
OneNameEach = WrapValidator(one_name_each)
OtherNames = WrapValidator(other_names)
