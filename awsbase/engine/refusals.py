"""What AWS's refusals mean: which policy decides, about which action, and what helps against it.

One table, by AWS's own words:
https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Literal

from awsbase.records import record

if TYPE_CHECKING:
    from botocore.exceptions import ClientError

DENIED = frozenset({"AccessDenied", "AccessDeniedException", "UnauthorizedOperation", "AuthorizationError", "403"})
ACTION = re.compile(r"not authorized to perform: ([\w-]+):(\w+)")
# What KMS answers when the key's creator, not the key's policy, lacks the permission.
LOCKED_OUT = "not allow you to update the key policy in the future"
# EC2 says which policy it was only to those who may decode it.
ENCODED = "Encoded authorization failure message"
# Several services do not tell a key that is not there from one whose policy keeps the caller out.
KEYS = ("no resource-based policies allow access", "The ciphertext refers to")

Who = Literal["organization", "identity", "other"]
MFA = "run `awsbase mfa refresh` if this account asks for MFA, and this again as the profile that it names"
REFUSED = "you are {caller}, and a policy refuses you {action}: " + MFA
NEEDED = "you are {caller}; this needs {action}, see `awsbase permissions`; " + MFA


@record
class Cause:
    """A kind of policy, by the words that AWS uses for it, whose it is, and what helps against it.

    `denied` is the advice when one of its statements refuses, `missing` when none of them allows.
    """

    words: str
    whose: Who
    denied: str
    missing: str


ORGANIZATION = (
    "a {words} of your organization refuses {action}{there}, and nothing in this account can allow it: ask who "
    "manages the organization, or leave out of the manifest what needs it"
)
CAUSES = (
    Cause("service control policy", "organization", ORGANIZATION, ORGANIZATION),
    Cause("resource control policy", "organization", ORGANIZATION, ORGANIZATION),
    Cause(
        "permissions boundary",
        "other",
        "the permissions boundary of {caller} refuses {action}: have who set it change it, or use another role",
        "the permissions boundary of {caller} leaves {action} out: have who set it add it, or use another role",
    ),
    Cause(
        "session policy",
        "other",
        "the session policy of {caller} refuses {action}: get a session without that policy",
        "the session policy of {caller} leaves {action} out: get a session without it, or with a wider one",
    ),
    Cause(
        "VPC endpoint policy",
        "other",
        "the policy of the VPC endpoint on the way to AWS refuses {action}: change it, or run outside of that VPC",
        "the policy of the VPC endpoint on the way to AWS leaves {action} out: add it, or run outside of that VPC",
    ),
    Cause(
        "role trust policy",
        "other",
        "the trust policy of the role refuses {caller}: have who looks after the role change it",
        "the trust policy of the role does not name {caller}, or asks for something more, such as MFA",
    ),
    Cause(
        "resource-based policy",
        "other",
        "the policy of the resource itself refuses you {action}: you are {caller}; change that policy as somebody whom "
        "it lets in",
        "the policy of the resource itself does not let {caller} do {action}: change it as somebody whom it lets in",
    ),
    Cause("identity-based policy", "identity", REFUSED, NEEDED),
)
KEY = (
    "the KMS key does not exist in this region, or its policy does not let {caller} do {action}: change the key's "
    "policy as somebody whom it lets in"
)
DECODED = (
    "you are {caller}; this needs {action}. `aws sts decode-authorization-message --encoded-message TEXT` shows which "
    "policy refuses it; that needs sts:DecodeAuthorizationMessage"
)


@record
class Refusal:
    """One refusal of AWS: the IAM action, the kind of policy that decides, and where the call went.

    `region` is empty where that is not known. Services without regions are called in the first one of the partition.
    """

    action: str
    message: str
    region: str = ""
    is_global: bool = False
    cause: Cause | None = None
    explicit: bool = False

    @property
    def by_organization(self) -> bool:
        """Tell whether a policy of the organization decides, which nobody in the account can change."""
        return self.cause is not None and self.cause.whose == "organization"

    def __str__(self) -> str:
        words = self.cause.words if self.cause else "policy"
        of = " of the organization" if self.by_organization else ""
        return f"a {words}{of} refuses {self.action}" + (f" in {self.region}" if self.region else "")

    def advice(self, caller: str) -> str:
        """Return what helps against it."""
        if any(words in self.message for words in KEYS):
            text = KEY
        elif self.cause is not None:
            text = self.cause.denied if self.explicit else self.cause.missing
        elif ENCODED in self.message:
            text = DECODED
        else:
            text = REFUSED if self.explicit else NEEDED
        words = self.cause.words if self.cause else ""
        there = f" in {self.region}" if self.region else ""
        return text.format(caller=caller, action=self.action, words=words, there=there)


def needed(message: str) -> str | None:
    """Return the IAM action that AWS names as not allowed; its name often differs from the API's."""
    if LOCKED_OUT in message:
        return "kms:PutKeyPolicy"
    found = ACTION.search(message)
    # Some services write their name in capitals.
    return f"{found[1].lower()}:{found[2]}" if found else None


def understood(error: ClientError, api: str = "") -> Refusal | None:
    """Return what a refusal of AWS means; None for an error that is none. `api` stands in for an unnamed action."""
    answer = error.response.get("Error", {})
    code, message = answer.get("Code", ""), answer.get("Message", "")
    action = needed(message)
    if action is None and code not in DENIED:
        return None
    # What AWS says after the action is about the policy; before it stand names that people have chosen.
    said = message[message.find("not authorized to perform") :] if action else message
    cause = next((each for each in CAUSES if each.words in said), None)
    sent: Mapping[str, Any] = error.response.get("ResponseMetadata", {})
    return Refusal(
        action=action or api or error.operation_name,
        message=message,
        region=sent.get("Region", ""),
        is_global=sent.get("Global", False),
        cause=cause,
        explicit="explicit deny" in said,
    )


def is_refusal(error: ClientError) -> bool:
    """Tell whether AWS refused a call for want of permission."""
    return understood(error) is not None
