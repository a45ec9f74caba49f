"""Texts that AWS allows in names, tags, addresses and documents, with every allowed character."""

from __future__ import annotations

import base64
import re
import string
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from hypothesis import strategies as st

Strategy = st.SearchStrategy[Any]

WORD = string.ascii_letters + string.digits
LETTERS = st.characters(categories=["Lu", "Ll", "Lt", "Lm", "Lo", "Nd", "Nl", "No"])
TEMPLATE = re.compile(r"(?<!\$)\{[^{}]*\}")
# CloudTrail needs a value; DLM, GuardDuty and Security Hub allow only these characters in a key.
PLAIN_KEY = re.compile(r"[A-Za-z0-9+=._:/-]+")
# Secrets Manager confuses such a name with the end of its ARNs.
LIKE_AN_ARN = re.compile(r"-[A-Za-z0-9]{6}$")


@dataclass(frozen=True)
class Home:
    """The account that a manifest is drawn for; with `alone`, it is a new account without resources."""

    id: str
    name: str
    region: str
    tags: Mapping[str, str]
    alone: bool

    @property
    def partition(self) -> str:
        return {"cn": "aws-cn", "us-gov": "aws-us-gov"}.get(self.region.rpartition("-")[0].rpartition("-")[0], "aws")

    @property
    def plain(self) -> bool:
        """Tell whether all services allow the tags; some allow fewer characters than IAM."""
        return all(PLAIN_KEY.fullmatch(key) and value for key, value in self.tags.items())

    def arn(self, service: str, path: str, *, region: bool = True) -> str:
        return f"arn:{self.partition}:{service}:{self.region if region else ''}:{self.id}:{path}"

    def makes(self, name: str) -> bool:
        """Tell whether awsbase itself can create a resource of this name."""
        return name.lower().startswith(("awsbase-", f"{self.name}-"))


def part(required: Mapping[str, Strategy] | None = None, /, **optional: Strategy) -> Strategy:
    """Draw a mapping with the required keys and some others; a key that is a Python keyword ends in `_`."""
    always = dict(required or {})
    named = {key.rstrip("_"): value for key, value in optional.items()}
    return st.fixed_dictionaries(always, optional={key: value for key, value in named.items() if key not in always})


def several(values: Strategy, least: int = 0, most: int = 3) -> Strategy:
    """Draw a list without duplicates."""
    return st.lists(values, min_size=least, max_size=most, unique_by=str)


def by_name(names: Strategy, values: Strategy, most: int = 3) -> Strategy:
    """Draw a mapping whose names differ in more than case, because IAM ignores case."""
    one_each = st.lists(names, max_size=most, unique_by=str.lower)
    return one_each.flatmap(lambda names: st.fixed_dictionaries(dict.fromkeys(names, values)))


def text(letters: str | Strategy, least: int = 0, most: int = 40) -> Strategy:
    """Draw a text without template placeholders."""
    return st.text(letters, min_size=least, max_size=most).filter(lambda drawn: not TEMPLATE.search(drawn))


def name(letters: str | Strategy, most: int) -> Strategy:
    """Draw a name, short or of the maximum length."""
    return text(letters, 1, most) | text(letters, most, most)


def ending(letters: str, end: str) -> Strategy:
    """Draw a name that ends in a word for its kind, so that names of different kinds differ."""
    return text(letters, most=30).map(lambda begin: begin + end)


def bucket(end: str) -> Strategy:
    """Draw the name of a bucket, or a template of one."""
    # S3 reserves these prefixes.
    reserved = ("-", "xn--", "sthree-", "amzn-s3-demo-")
    free = ending(string.ascii_lowercase + string.digits + "-", end).filter(lambda name: not name.startswith(reserved))
    return free | st.sampled_from([f"{{name}}-{end}", f"{{id}}-{{region}}-{end}"])


def alias(end: str) -> Strategy:
    """Draw the alias of a key, or a template of one."""
    free = ending(WORD + "/_-", end).filter(lambda name: not name.startswith("aws/"))
    return (free | st.just(f"{{name}}/{end}")).map(lambda name: f"alias/{name}")


def one_to_iam(keys: Mapping[str, str]) -> bool:
    """Tell whether two of these keys are the same for IAM."""
    return len({key.lower() for key in keys}) < len(keys)


DAYS = st.integers(1, 3650)
RETENTION = st.sampled_from([1, 3, 5, 7, 14, 30, 60, 90, 365, 731, 1096, 3653])
YES_OR_NO = st.booleans()

ID = st.text(string.digits, min_size=12, max_size=12)
# Names that awsbase makes begin with the account's name, buckets too.
ACCOUNT = (
    st.from_regex(r"[a-z][a-z0-9]{1,7}(-[a-z0-9]{1,5}){0,4}", fullmatch=True)
    .filter(lambda name: len(name) <= 32)
    .filter(lambda name: not f"{name}-".startswith(("sthree-", "amzn-s3-demo-")))
)
ALIAS = (
    st.from_regex(r"[a-z0-9]{1,12}(-[a-z0-9]{1,9}){0,5}", fullmatch=True)
    .filter(lambda name: len(name) >= 3 and not re.fullmatch("[0-9]{12}", name))
    .map(str)
) | st.just("{name}-{id}")
IAM_NAME = name(WORD + "_+=,.@-", 64)
LONG_IAM_NAME = name(WORD + "_+=,.@-", 128)
PATH = several(text(st.characters(codec="ascii", min_codepoint=0x21, max_codepoint=0x7E, exclude_characters="/"), 1, 9))
PATH = PATH.map(lambda words: "/" + "".join(f"{word}/" for word in words)).filter(
    lambda path: not TEMPLATE.search(path)
)
# IAM allows fewer characters in the path of a policy.
POLICY_PATH = several(text(WORD + ".,+@=_-", 1, 9)).map(lambda words: "/" + "".join(f"{word}/" for word in words))
LATIN = st.text(
    st.characters(max_codepoint=0xFF, exclude_categories=["Cc"], exclude_characters="\xa0", include_characters="\n")
)
PRINTED = st.text(LETTERS | st.sampled_from(string.punctuation + " "), min_size=1, max_size=50)

# Not every service keeps a space at either end.
LABEL = st.text(LETTERS | st.sampled_from(" _.:/=+-@"), min_size=1, max_size=30).filter(
    lambda text: text == text.strip()
)
TAGS = st.dictionaries(
    LABEL.filter(lambda key: not key.lower().startswith(("aws:", "awsbase:"))), LABEL | st.just(""), max_size=4
).filter(lambda tags: not one_to_iam(tags))
PLAIN_TAGS = st.dictionaries(
    st.text(WORD + "+=._:/-", min_size=1).filter(lambda key: not key.lower().startswith(("aws:", "awsbase:"))),
    LABEL,
    max_size=4,
).filter(lambda tags: not one_to_iam(tags))
SOME_TAGS = TAGS.filter(bool)

EMAIL = st.builds(
    "{}@{}".format,
    text(WORD + ".!#$%&'*+/=?^_`{|}~-", 1, 30),
    st.from_regex(r"([A-Za-z0-9]{1,4}(-[A-Za-z0-9]{1,4}){0,2}\.){1,3}[A-Za-z]{2,8}", fullmatch=True),
)
EMAILS = st.lists(EMAIL, max_size=3, unique_by=str.lower)

BLOCK = st.builds("{}/{}".format, st.ip_addresses(v=4), st.integers(1, 32)) | st.builds(
    "{}/{}".format, st.ip_addresses(v=6), st.integers(1, 128)
)


def public_key(kind: str, *numbers: bytes) -> str:
    """Return a public key of a type, made of these numbers."""
    packed = b"".join(len(each).to_bytes(4) + each for each in (kind.encode(), *numbers))
    return f"{kind} {base64.b64encode(packed).decode()}"


ED25519 = st.binary(min_size=32, max_size=32).map(lambda point: public_key("ssh-ed25519", point))
RSA = st.integers(2**2047, 2**2048 - 1).map(
    lambda modulus: public_key("ssh-rsa", b"\x01\x00\x01", b"\x00" + (modulus | 1).to_bytes(256))
)
COMMENT = st.text(LETTERS | st.sampled_from(string.punctuation + " "), max_size=20)
KEY = st.builds("{} {}".format, ED25519 | RSA, COMMENT)
