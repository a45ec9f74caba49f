"""Policy documents: read by AWS before it takes them, and their principals looked up.

A principal must exist, and one that was just created is not yet known to the other services: for five minutes, the
first two documents that name it are refused by each of them, with its own code.
"""

import json
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from awsbase.sandbox import documents
from awsbase.sandbox.documents import Kind
from awsbase.sandbox.rule import Ask, Refusal, Rule

SLOW_USES = 2
SLOW_SECONDS = 300


@dataclass
class Fresh:
    """How often each service has used an entity in vain since it was created: each learns of it by itself."""

    uses: dict[str, Counter[str]] = field(default_factory=dict)
    since: dict[str, float] = field(default_factory=dict)

    def born(self, arn: str, now: float, **used: int) -> None:
        """Note a new entity, which nobody but IAM knows yet; `used` counts what a service has had of it already."""
        self.uses[arn] = Counter(used)
        self.since[arn] = now

    def unknown(self, arn: str, ask: Ask) -> bool:
        """Use an entity; say whether the using service does not know it yet."""
        if arn not in self.uses or self.uses[arn][ask.service] >= SLOW_USES:
            return False
        if ask.sandbox.clock.time() - self.since[arn] > SLOW_SECONDS:
            return False
        self.uses[arn][ask.service] += 1
        return True


def note_birth(ask: Ask, said: dict[str, Any]) -> None:
    """Note that an entity is new."""
    for kind in ("Role", "User", "InstanceProfile"):
        if kind in said:
            ask.memory(Fresh).born(said[kind]["Arn"], ask.sandbox.clock.time())


def missing_principal(ask: Ask, document: Mapping[str, Any], *, elsewhere: bool) -> str | None:
    """Return a principal that the document names and that nobody knows (yet)."""
    iam = ask.backend("iam")
    known = {entity.arn for held in (iam.users, iam.roles) for entity in held.values()}
    known |= {ask.caller.principal, f"arn:{ask.partition}:iam::{ask.account}:root"}
    ids = {entity.id for held in (iam.users, iam.roles) for entity in held.values()}
    for statement in documents.statements(document):
        for kind, name in documents.principals(statement):
            if kind != "AWS" or name in ("*", ask.account) or name in ids or ":assumed-role/" in name:
                continue
            ours = f":iam::{ask.account}:" in name
            if (ours and name not in known) or not (":iam::" in name or (name.isdigit() and len(name) == 12)):
                return name
            if elsewhere and ask.memory(Fresh).unknown(name, ask):
                return name
    return None


def judge(ask: Ask, text: str, kind: Kind, code: str, resource: str = "") -> dict[str, Any]:
    """Refuse a document that AWS would not take; return it read."""
    if wrong := documents.mistakes(text, kind, resource):
        raise Refusal(code, wrong[0])
    document: dict[str, Any] = json.loads(text)
    if kind != "identity" and (name := missing_principal(ask, document, elsewhere=True)):
        said = {
            "topic": "Invalid parameter: Policy Error: PrincipalNotFound",
            "key": "Policy contains a statement with one or more invalid principals.",
        }
        raise Refusal(code, said.get(kind, f'Invalid principal in policy: "AWS":"{name}"'))
    return document


def limited(text: str, most: int, what: str, code: str = "LimitExceeded") -> None:
    """Refuse a document that is too long."""
    if documents.size(text) > most:
        raise Refusal(code, f"Cannot exceed quota for {what}: {most}", 409 if code == "LimitExceeded" else None)


def managed_policy(ask: Ask) -> None:
    """Judge a customer-managed policy."""
    text = ask.params["PolicyDocument"]
    judge(ask, text, "identity", "MalformedPolicyDocument")
    limited(text, 6144, "PolicySize")


def inline_policy(ask: Ask) -> None:
    """Judge an inline policy together with its siblings: their sizes count as one."""
    text = ask.params["PolicyDocument"]
    judge(ask, text, "identity", "MalformedPolicyDocument")
    kind = ask.operation.removeprefix("Put").removesuffix("Policy")
    held = getattr(ask.backend("iam"), f"{kind.lower()}s").values()
    holder = next((one for one in held if one.name == ask.params[f"{kind}Name"]), None)
    others = [doc for name, doc in holder.policies.items() if name != ask.params["PolicyName"]] if holder else []
    most = {"User": 2048, "Group": 5120, "Role": 10240}[kind]
    if sum(map(documents.size, [text, *others])) > most:
        raise Refusal("LimitExceeded", f"Maximum policy size of {most} bytes exceeded for {kind.lower()}", 409)


def trust_policy(ask: Ask) -> None:
    """Judge who may assume a role; a role cannot yet name itself while it is created."""
    text = ask.params.get("AssumeRolePolicyDocument") or ask.params["PolicyDocument"]
    judge(ask, text, "trust", "MalformedPolicyDocument")
    limited(text, 2048, "ACLSizePerRole")


def bucket_policy(ask: Ask) -> None:
    """Judge who may use a bucket."""
    text = ask.params["Policy"]
    if len(text) > 20 * 1024:
        raise Refusal("MalformedPolicy", "Policy exceeds the maximum allowed document size.")
    if not text.startswith("{"):
        raise Refusal("MalformedPolicy", "Policies must be valid JSON and the first byte must be '{'")
    judge(ask, text, "bucket", "MalformedPolicy", f"arn:{ask.partition}:s3:::{ask.params['Bucket']}")


def key_policy(ask: Ask) -> None:
    """Judge who may use a key, and keep its owner from locking themselves out."""
    text = ask.params.get("Policy")
    if text is None:
        return
    limited(text, 32 * 1024, "KeyPolicySize", "LimitExceededException")
    document = judge(ask, text, "key", "MalformedPolicyDocumentException")
    if ask.params.get("BypassPolicyLockoutSafetyCheck"):
        return
    keepers = (f"arn:{ask.partition}:iam::{ask.account}:root", ask.account, ask.caller.principal, ask.caller.arn)
    kept = [
        statement
        for keeper in keepers
        for statement in documents.allows(document, "kms:PutKeyPolicy", keeper)
        if "*" in documents.listed(statement.get("Resource")) and not statement.get("Condition")
    ]
    if not kept:
        raise Refusal(
            "MalformedPolicyDocumentException",
            "The new key policy will not allow you to update the key policy in the future.",
        )


def topic_policy(ask: Ask) -> None:
    """Judge who may use a topic."""
    if ask.operation == "SetTopicAttributes":
        wanted = {ask.params["AttributeName"]: ask.params.get("AttributeValue", "")}
        topic = ask.params["TopicArn"]
    else:
        wanted = ask.params.get("Attributes", {})
        topic = f"arn:{ask.partition}:sns:{ask.region}:{ask.account}:{ask.params['Name']}"
    if "Policy" in wanted:
        limited(wanted["Policy"], 30 * 1024, "PolicySize", "InvalidParameter")
        judge(ask, wanted["Policy"], "topic", "InvalidParameter", topic)


def forget_the_deleted(ask: Ask, said: dict[str, Any]) -> None:
    """Turn the ARN of a deleted user or role into its id, wherever a policy names it: it grants nothing any more."""
    for arn, number in ask.notes.items():
        for rename in _holders(ask):
            rename(arn, number)


def note_id(ask: Ask) -> None:
    """Note who is about to be deleted."""
    iam = ask.backend("iam")
    name = ask.params.get("UserName") or ask.params.get("RoleName")
    held = iam.users if "UserName" in ask.params else iam.roles
    ask.notes.update({entity.arn: entity.id for entity in held.values() if entity.name == name})


def _holders(ask: Ask) -> list[Callable[[str, str], None]]:
    world = ask.sandbox.world
    roles = [(role, "assume_role_policy_document") for role in ask.backend("iam").roles.values()]
    keys = [(key, "policy") for kms in world.backends("kms").values() for key in kms.keys.values()]
    buckets = [(bucket, "policy") for bucket in ask.backend("s3").buckets.values() if bucket.policy]
    topics = [(topic, "_policy_json") for sns in world.backends("sns").values() for topic in sns.topics.values()]

    def renaming(holder: Any, name: str) -> Callable[[str, str], None]:
        def rename(arn: str, number: str) -> None:
            held = getattr(holder, name)
            if isinstance(held, bytes):
                setattr(holder, name, held.replace(f'"{arn}"'.encode(), f'"{number}"'.encode()))
            elif isinstance(held, str):
                setattr(holder, name, held.replace(f'"{arn}"', f'"{number}"'))
            else:
                setattr(holder, name, json.loads(json.dumps(held).replace(f'"{arn}"', f'"{number}"')))

        return rename

    return [renaming(holder, name) for holder, name in (*roles, *keys, *buckets, *topics)]


RULES = (
    Rule("iam:CreatePolicy iam:CreatePolicyVersion", before=managed_policy),
    Rule("iam:PutUserPolicy iam:PutGroupPolicy iam:PutRolePolicy", before=inline_policy),
    Rule("iam:CreateRole iam:UpdateAssumeRolePolicy", before=trust_policy),
    Rule("s3:PutBucketPolicy", before=bucket_policy),
    Rule("kms:CreateKey kms:PutKeyPolicy", before=key_policy),
    Rule("sns:CreateTopic sns:SetTopicAttributes", before=topic_policy),
    Rule("iam:CreateRole iam:CreateUser iam:CreateInstanceProfile", after=note_birth),
    Rule("iam:DeleteUser iam:DeleteRole", before=note_id, after=forget_the_deleted),
)
