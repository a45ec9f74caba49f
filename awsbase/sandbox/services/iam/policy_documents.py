"""Policies of IAM: checked before they are taken; the ARN of a deleted principal becomes its id in all policies."""

import json
import re
from collections.abc import Callable
from typing import Any

from awsbase.sandbox import policy_documents
from awsbase.sandbox.policy_checks import check_policy, check_size
from awsbase.sandbox.policy_documents import listed, statements
from awsbase.sandbox.propagation import Propagation
from awsbase.sandbox.service import Request, Rule
from awsbase.sandbox.wire import Refusal

# ARNs that moto alone refuses: what S3 has in a region, and all that IAM has in every account.
ELSEWHERE = re.compile(r"^arn:[^:]*:(s3:[^:]+:.*|iam::\*:\*)$", re.DOTALL)
# The operations whose documents moto checks by rules of its own.
PUT = "iam:CreatePolicy iam:CreatePolicyVersion iam:PutUserPolicy iam:PutGroupPolicy iam:PutRolePolicy"


def note_key(request: Request, response: dict[str, Any]) -> None:
    """Note that an access key is new.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot.html
    """
    request.memory(Propagation).note_created(response["AccessKey"]["AccessKeyId"], request.sandbox.clock.time())


def note_created(request: Request, response: dict[str, Any]) -> None:
    """Note that an entity is new.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot.html
    """
    for kind in ("Role", "User", "InstanceProfile"):
        if kind in response:
            request.memory(Propagation).note_created(response[kind]["Arn"], request.sandbox.clock.time())


def managed_policy(request: Request) -> None:
    """Judge a customer-managed policy.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
    """
    text = request.params["PolicyDocument"]
    check_policy(request, text, "identity", "MalformedPolicyDocument")
    check_size(text, 6144, "PolicySize")


def inline_policy(request: Request) -> None:
    """Judge an inline policy together with its siblings: their sizes count as one.

    Raises Refusal with LimitExceeded.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
    """
    text = request.params["PolicyDocument"]
    check_policy(request, text, "inline", "MalformedPolicyDocument")
    kind = request.operation.removeprefix("Put").removesuffix("Policy")
    held = getattr(request.backend("iam"), f"{kind.lower()}s").values()
    holder = next((one for one in held if one.name == request.params[f"{kind}Name"]), None)
    others = [doc for name, doc in holder.policies.items() if name != request.params["PolicyName"]] if holder else []
    most = {"User": 2048, "Group": 5120, "Role": 10240}[kind]
    if sum(map(policy_documents.size, [text, *others])) > most:
        raise Refusal("LimitExceeded", f"Maximum policy size of {most} bytes exceeded for {kind.lower()}", 409)


def trust_policy(request: Request) -> None:
    """Judge who may assume a role; a role cannot yet name itself while it is created.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
    """
    text = request.params.get("AssumeRolePolicyDocument") or request.params["PolicyDocument"]
    check_policy(request, text, "trust", "MalformedPolicyDocument")
    check_size(text, 2048, "ACLSizePerRole")


def show_moto_another(request: Request) -> None:
    """Let moto judge a document, too, without what its checks refuse and IAM takes.

    That are numbers without quotes, an older version of an inline policy, `sts:*` in a trust, some forms of dates, and
    what S3 has in a region: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html,
    https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazons3.html
    """
    field = next(name for name in ("PolicyDocument", "AssumeRolePolicyDocument") if name in request.params)
    request.notes["document"] = request.params[field]
    if request.operation == "UpdateAssumeRolePolicy":
        statement = {"Effect": "Deny", "Principal": "*", "Action": "sts:AssumeRole"}
        request.params[field] = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    else:
        request.params[field] = json.dumps(as_moto_takes_it(json.loads(request.params[field])))


def as_moto_takes_it(document: dict[str, Any]) -> dict[str, Any]:
    """Return a document with what IAM takes and moto does not in a form that both take."""
    return {
        **document,
        "Version": "2012-10-17",
        "Statement": [tamed(statement) for statement in policy_documents.statements(document)],
    }


def tamed(statement: dict[str, Any]) -> dict[str, Any]:
    """Return a statement with its conditions as text, without dates, and with resources that have no region."""
    conditions = {
        operator: {key: [stored(value) for value in policy_documents.listed(values)] for key, values in tests.items()}
        for operator, tests in statement.get("Condition", {}).items()
        if "Date" not in operator
    }
    resources: dict[str, Any] = {
        word: [ELSEWHERE.sub("*", str(each)) for each in policy_documents.listed(statement[word])]
        for word in ("Resource", "NotResource")
        if word in statement
    }
    rest = {name: value for name, value in statement.items() if name != "Condition"}
    return {**rest, **resources, **({"Condition": conditions} if conditions else {})}


def stored(value: Any) -> str:
    """Return a condition's value as IAM keeps it."""
    return value if isinstance(value, str) else json.dumps(value)


def keep_as_written(request: Request, response: dict[str, Any]) -> None:
    """Put the document that was sent where moto has the other one.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html
    """
    iam, document, name = request.backend("iam"), request.notes["document"], request.params.get("PolicyName")
    if request.operation == "CreatePolicy":
        iam.managed_policies[response["Policy"]["Arn"]].versions[0].document = document
    elif request.operation == "CreatePolicyVersion":
        versions = iam.managed_policies[request.params["PolicyArn"]].versions
        next(one for one in versions if one.version_id == response["PolicyVersion"]["VersionId"]).document = document
        response["PolicyVersion"].pop("Document", None)
    elif request.operation == "UpdateAssumeRolePolicy":
        iam.get_role(request.params["RoleName"]).assume_role_policy_document = document
    else:
        kind = request.operation.removeprefix("Put").removesuffix("Policy")
        held = getattr(iam, f"{kind.lower()}s").values()
        next(one for one in held if one.name == request.params[f"{kind}Name"]).policies[name] = document


def forget_the_deleted(request: Request, response: dict[str, Any]) -> None:
    """Turn the ARN of a deleted user or role into its id, wherever a policy names it: it grants nothing any more.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html
    """
    for arn, number in request.notes.items():
        for rename in _holders(request):
            rename(arn, number)


def note_id(request: Request) -> None:
    """Note who is about to be deleted.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html
    """
    iam = request.backend("iam")
    name = request.params.get("UserName") or request.params.get("RoleName")
    held = iam.users if "UserName" in request.params else iam.roles
    request.notes.update({entity.arn: entity.id for entity in held.values() if entity.name == name})


def _holders(request: Request) -> list[Callable[[str, str], None]]:
    roles = [(role, "assume_role_policy_document") for role in request.backend("iam").roles.values()]
    keys = [(key, "policy") for kms in request.sandbox.backends("kms").values() for key in kms.keys.values()]
    buckets = [(bucket, "policy") for bucket in request.backend("s3").buckets.values() if bucket.policy]
    topics = [
        (topic, "_policy_json") for sns in request.sandbox.backends("sns").values() for topic in sns.topics.values()
    ]

    def renaming(holder: Any, name: str) -> Callable[[str, str], None]:
        def rename(arn: str, number: str) -> None:
            held = getattr(holder, name)
            if arn not in (held.decode() if isinstance(held, bytes) else str(held)):
                return
            document = held if isinstance(held, dict) else json.loads(held)
            principals = [
                each[word]
                for each in statements(document)
                for word in ("Principal", "NotPrincipal")
                if isinstance(each.get(word), dict)
            ]
            # The value of a condition stays as it was written: nobody looks whether it names anybody.
            for named in principals:
                for kind, names in named.items():
                    ids = [number if one == arn else one for one in listed(names)]
                    named[kind] = ids if isinstance(names, list) else ids[0]
            text = json.dumps(document)
            if isinstance(held, dict):
                setattr(holder, name, document)
            else:
                setattr(holder, name, text.encode() if isinstance(held, bytes) else text)

        return rename

    return [renaming(holder, name) for holder, name in (*roles, *keys, *buckets, *topics)]


RULES = (
    Rule("iam:CreatePolicy iam:CreatePolicyVersion", before=managed_policy),
    Rule("iam:PutUserPolicy iam:PutGroupPolicy iam:PutRolePolicy", before=inline_policy),
    Rule("iam:CreateRole iam:UpdateAssumeRolePolicy", before=trust_policy),
    Rule(f"{PUT} iam:UpdateAssumeRolePolicy", before=show_moto_another, after=keep_as_written),
    Rule("iam:CreateRole iam:CreateUser iam:CreateInstanceProfile", after=note_created),
    Rule("iam:CreateAccessKey", after=note_key),
    Rule("iam:DeleteUser iam:DeleteRole", before=note_id, after=forget_the_deleted),
)
