"""Secrets Manager: names of deleted secrets are not free yet, and rotation needs a function."""

import re
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

from awsbase.sandbox.authorization.permissions import act, arn, own, param, table
from awsbase.sandbox.authorization.resources import region_of
from awsbase.sandbox.service import AccountState, Codes, Need, Permissions, Request, ResourcePolicy, Rule, Service
from awsbase.sandbox.services.kms import key_arn, via
from awsbase.sandbox.snapshot import by_region, document, tag_dict
from awsbase.sandbox.wire import Refusal

INVALID_NAME = (
    "Invalid name. Must be a valid name containing alphanumeric characters, or any of the following: -/_+=.@!"
)
NAME = re.compile(r"[A-Za-z0-9/_+=.@-]{1,512}")
USABLE = ("Enabled",)


def creatable(request: Request) -> None:
    """Refuse a name that AWS does not take, and that of a secret whose deletion is under way.

    Raises Refusal with ValidationException or InvalidRequestException.

    Recorded: LocalStack, test_invalid_secret_name, test_exp_raised_on_creation_of_secret_scheduled_for_deletion.
    """
    name = request.params["Name"]
    if not NAME.fullmatch(name):
        raise Refusal("ValidationException", INVALID_NAME)
    if (held := found(request, name)) and held.is_deleted():
        raise Refusal(
            "InvalidRequestException",
            "You can't create this secret because a secret with this name is already scheduled for deletion.",
        )
    usable_key(request)


def writable(request: Request) -> None:
    """Refuse to change a secret whose deletion is under way; raises Refusal with InvalidRequestException.

    Recorded: LocalStack, test_tag_untag_resource_on_deleted_secret.
    """
    held = found(request, request.params["SecretId"])
    if held and held.is_deleted():
        raise Refusal(
            "InvalidRequestException",
            "You can't perform this operation on the secret because it was marked for deletion.",
        )
    usable_key(request)


def staged(request: Request) -> None:
    """Refuse a value of a stage that no version has; raises Refusal with ResourceNotFoundException.

    Recorded: LocalStack, test_get_secret_value_errors and test_secret_version_not_found.
    """
    held, stage = found(request, request.params["SecretId"]), request.params.get("VersionStage", "AWSCURRENT")
    if held is None or "VersionId" in request.params:
        return
    if not any(stage in version["version_stages"] for version in held.versions.values()):
        message = f"Secrets Manager can't find the specified secret value for staging label: {stage}"
        raise Refusal("ResourceNotFoundException", message)


def usable_key(request: Request) -> None:
    """Refuse a key of the account's own that cannot encrypt; raises Refusal with InvalidRequestException."""
    wanted = request.params.get("KmsKeyId")
    if not wanted or "alias/aws/" in wanted:
        return
    kms = request.backend("kms")
    last = wanted if wanted.startswith("alias/") else wanted.rpartition("/")[2]
    for key in kms.keys.values():
        aliases = [alias.split(":")[-1] for alias in key.aliases]
        if last in (key.id, *aliases) or wanted.split(":")[-1] in aliases:
            if key.key_state not in USABLE:
                raise Refusal("InvalidRequestException", f"The key {wanted} is {key.key_state}.")
            return
    raise Refusal("InvalidRequestException", f"The key {wanted} does not exist.")


def rotate(request: Request) -> dict[str, Any]:
    """Keep how a secret rotates, without calling the function: there is none behind the ARN.

    Raises Refusal with ResourceNotFoundException, InvalidRequestException or InvalidParameterException.

    Recorded: LocalStack, test_first_rotate_secret_with_missing_lambda_arn.
    """
    held = found(request, request.params["SecretId"])
    if held is None:
        raise Refusal("ResourceNotFoundException", "Secrets Manager can't find the specified secret.")
    function = request.params.get("RotationLambdaARN") or held.rotation_lambda_arn
    if not function:
        raise Refusal("InvalidRequestException", "No Lambda rotation function ARN is associated with this secret.")
    rules = request.params.get("RotationRules", {})
    if not (rules.get("AutomaticallyAfterDays") or rules.get("ScheduleExpression")):
        raise Refusal("InvalidParameterException", "RotationRules needs a rate.")
    held.rotation_requested = held.rotation_enabled = True
    held.rotation_lambda_arn = function
    held.auto_rotate_after_days = rules.get("AutomaticallyAfterDays", 0)
    held.rotation_rules = dict(rules)
    return {"ARN": held.arn, "Name": held.name, "VersionId": request.params.get("ClientRequestToken") or str(uuid4())}


def add_rules(request: Request, response: dict[str, Any]) -> None:
    """Return the whole of the rules, of which moto keeps the days only, and the region of a secret that has copies.

    Recorded: cloud-custodian, secretsmanager.ListSecrets.
    """
    for one in response.get("SecretList", [response]):
        held = found(request, one["Name"])
        if one.get("RotationRules") and hasattr(held, "rotation_rules"):
            one["RotationRules"] = dict(held.rotation_rules)
        if getattr(held, "replicas", ()):
            one["PrimaryRegion"] = request.region


def encrypted_versions(request: Request, response: dict[str, Any]) -> None:
    """Return the keys of each version and when it was made, and no token where there is no further page.

    Recorded: LocalStack and cloud-custodian, secretsmanager.ListSecretVersionIds.
    """
    held = found(request, response["Name"])
    if not response.get("NextToken"):
        response.pop("NextToken", None)
    for version in response.get("Versions", []):
        version.setdefault("KmsKeyIds", [held.kms_key_id or "DefaultEncryptionKey"])
        # moto says that all of them are of this moment.
        version["CreatedDate"] = held.versions[version["VersionId"]]["createdate"]


def dated(request: Request, response: dict[str, Any]) -> None:
    """Date a new version by the account's clock, as all else of the account is.

    https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_PutSecretValue.html
    """
    held = found(request, response["Name"])
    if (version := held.versions.get(response.get("VersionId"))) is not None:
        version["createdate"] = int(request.sandbox.clock.time())


def found(request: Request, id: str) -> Any:
    """Return moto's own object for a secret, by name or ARN."""
    return request.backend("secretsmanager").secrets.get(id)


WRITES = "PutSecretValue UpdateSecret TagResource UntagResource PutResourcePolicy RotateSecret GetSecretValue"


def secret(request: Request) -> Iterator[str]:
    """Name the secret; one that is not there has nothing but the name that it was asked by."""
    held = _held(request)
    yield held.arn if held else request.params["SecretId"]


def new(request: Request) -> list[str]:
    """Name the secret that is created, whose last six letters AWS makes up."""
    return [arn(request, f"secretsmanager:{request.region}:{request.account}:secret:{request.params['Name']}-000000")]


def uses_key(*actions: str) -> Permissions:
    """Need to use the customer's key that a secret has or is to have; AWS's own asks nobody."""

    def needs(request: Request) -> Iterator[Need]:
        key = param(request, "KmsKeyId") or getattr(_held(request), "kms_key_id", None)
        if key and not key.endswith("alias/aws/secretsmanager"):
            for action in actions:
                yield Need(action, key_arn(request, key), via(request, "secretsmanager"))

    return needs


def _held(request: Request) -> Any:
    asked = request.params.get("SecretId")
    secrets = request.backend("secretsmanager").secrets.values()
    return next((held for held in secrets if asked in (held.name, held.arn)), None)


WRITE = uses_key("kms:GenerateDataKey", "kms:Decrypt")


def secrets_held(secrets: Any) -> Any:
    """Return the secrets of a region, by name, without their values."""
    return {
        secret.name: copy_held(secret) if hasattr(secret, "source") else held(secret)
        for secret in secrets.secrets.values()
    }


def held(secret: Any) -> dict[str, Any]:
    """Return one secret, without its value."""
    return {
        "description": secret.description,
        "key": secret.kms_key_id,
        "tags": tag_dict(secret.tags),
        "value": any("AWSCURRENT" in version["version_stages"] for version in secret.versions.values()),
        "deleted": secret.is_deleted(),
        "rotation": [secret.rotation_lambda_arn, getattr(secret, "rotation_rules", None)],
        "policy": document(secret.policy),
    }


def copy_held(secret: Any) -> dict[str, Any]:
    """Return the copy of a secret of another region."""
    return {"copy of the one in": secret.source.region}


def stable_names(sandbox: AccountState) -> dict[str, str]:
    """Return each ARN without the six characters that AWS makes up."""
    regions = sandbox.backends("secretsmanager").values()
    return {held.arn: held.arn[:-7] for region in regions for held in region.secrets.values()}


RULES = (
    Rule("secretsmanager:CreateSecret", before=creatable),
    Rule(" ".join(f"secretsmanager:{name}" for name in WRITES.split()), before=writable),
    Rule("secretsmanager:GetSecretValue", before=staged),
    Rule("secretsmanager:RotateSecret", before=rotate, strict=False),
    Rule("secretsmanager:CreateSecret secretsmanager:PutSecretValue", after=dated, strict=False),
    Rule("secretsmanager:ListSecretVersionIds", after=encrypted_versions, strict=False),
    Rule("secretsmanager:DescribeSecret secretsmanager:ListSecrets", after=add_rules, strict=False),
)
CALLS = table(
    {
        "ListSecrets GetRandomPassword": [own()],
        "CreateSecret": [own(new), act("secretsmanager:TagResource", new, when="Tags"), WRITE],
        "PutSecretValue UpdateSecret": [own(secret), WRITE],
        "GetSecretValue": [own(secret), uses_key("kms:Decrypt")],
        "RotateSecret": [
            own(secret),
            act(
                "lambda:InvokeFunction", lambda request: [request.params["RotationLambdaARN"]], when="RotationLambdaARN"
            ),
        ],
        "DescribeSecret DeleteSecret RestoreSecret TagResource UntagResource ListSecretVersionIds CancelRotateSecret "
        "GetResourcePolicy PutResourcePolicy DeleteResourcePolicy UpdateSecretVersionStage ReplicateSecretToRegions "
        "RemoveRegionsFromReplication": [own(secret)],
    }
)


def policy(request: Request, need: Need) -> Any:
    """Return the policy of a secret."""
    secrets = request.backend("secretsmanager", region_of(request, need.resource)).secrets
    return next((held.policy for held in secrets.values() if held.arn == need.resource), None)


SERVICE = Service(
    "secretsmanager",
    rules=RULES,
    calls=CALLS,
    policy=ResourcePolicy(policy),
    snapshot=by_region("secretsmanager", secrets_held),
    stable_names=stable_names,
    codes=Codes(tags="InvalidParameterException"),
    # With status 400, as recorded by LocalStack's tests: test_create_and_update_secret.
    words={r"(Secrets Manager can't find the specified secret\.)": r"\1"},
    warm_up={"ListSecrets": {}},
)
