"""AWS Config: one recorder and one delivery channel in a region, which need a role and a bucket that let them."""

import hashlib
import json
from dataclasses import dataclass, field
from typing import Any

from awsbase.sandbox.authorization.permissions import act, at, given, own, passing, table
from awsbase.sandbox.policy_documents import permits
from awsbase.sandbox.service import Request, Rule, Service
from awsbase.sandbox.snapshot import remembered
from awsbase.sandbox.wire import Refusal

PRINCIPAL = "config.amazonaws.com"


@dataclass
class Region:
    """What is recorded in one region, and where to."""

    recorder: dict[str, Any] = field(default_factory=dict)
    channel: dict[str, Any] = field(default_factory=dict)
    recording: bool = False
    tags: dict[str, str] = field(default_factory=dict)


@dataclass
class Recorders:
    """What is recorded, by region."""

    STATE = "config"

    regions: dict[str, Region] = field(default_factory=dict)

    def state(self) -> dict[str, dict[str, Any]]:
        """Return what counts as the account's state."""
        return {name: vars(held) for name, held in self.regions.items() if held != Region()}


def here(request: Request) -> Region:
    """Return what there is where the request is made."""
    return request.memory(Recorders).regions.setdefault(request.region, Region())


def known(request: Request, wanted: list[str]) -> None:
    """Refuse to speak of a recorder that is not there; raises Refusal with NoSuchConfigurationRecorderException."""
    for name in wanted:
        if name != here(request).recorder.get("name"):
            raise Refusal("NoSuchConfigurationRecorderException", f"Cannot find configuration recorder {name}")


def arn_of(request: Request, recorder: dict[str, Any]) -> str:
    """Return the ARN of the region's recorder, which ends with an id that AWS makes up."""
    id = hashlib.md5(f"{request.account} {request.region}".encode(), usedforsecurity=False).hexdigest()[:16]
    place = f"arn:{request.partition}:config:{request.region}:{request.account}"
    return f"{place}:configuration-recorder/{recorder['name']}/{id}"


def describe_recorders(request: Request) -> dict[str, Any]:
    """Return the recorder of the region.

    Recorded: cloud-custodian, config.DescribeConfigurationRecorders.
    """
    known(request, request.params.get("ConfigurationRecorderNames", []))
    held = here(request).recorder
    return {"ConfigurationRecorders": [{**held, "arn": arn_of(request, held)}] if held else []}


def list_tags(request: Request) -> dict[str, Any]:
    """List the tags of the recorder of the region; raises Refusal with ResourceNotFoundException.

    https://docs.aws.amazon.com/config/latest/APIReference/API_ListTagsForResource.html
    """
    held = here(request)
    if not held.recorder or request.params["ResourceArn"] != arn_of(request, held.recorder):
        raise Refusal("ResourceNotFoundException", f"ResourceArn '{request.params['ResourceArn']}' does not exist")
    return {"Tags": [{"Key": key, "Value": value} for key, value in held.tags.items()]}


def describe_status(request: Request) -> dict[str, Any]:
    """Return whether the recorder of the region records.

    Recorded: cloud-custodian, config.DescribeConfigurationRecorderStatus.
    """
    known(request, request.params.get("ConfigurationRecorderNames", []))
    held = here(request)
    return {
        "ConfigurationRecordersStatus": [{"name": held.recorder["name"], "recording": held.recording}]
        if held.recorder
        else []
    }


def put_recorder(request: Request) -> dict[str, Any]:
    """Make the recorder of the region, or change it as a whole; a call that changes one leaves its tags.

    Raises Refusal with the code that AWS gives for it.

    https://docs.aws.amazon.com/config/latest/APIReference/API_PutConfigurationRecorder.html
    """
    wanted, held = request.params["ConfigurationRecorder"], here(request)
    name = wanted.get("name", "default")
    if held.recorder and held.recorder["name"] != name:
        raise Refusal(
            "MaxNumberOfConfigurationRecordersExceededException",
            f"Failed to put configuration recorder {name} because the maximum number of recorders, 1, is reached.",
        )
    roles = request.backend("iam", "aws").roles.values()
    if wanted.get("roleARN") not in {role.arn for role in roles if PRINCIPAL in str(role.assume_role_policy_document)}:
        raise Refusal("InvalidRoleException", "You must specify a role that Config may assume.")
    group = {"allSupported": True, "includeGlobalResourceTypes": False, **wanted.get("recordingGroup", {})}
    some = group.get("resourceTypes") or group.get("exclusionByResourceTypes", {}).get("resourceTypes")
    if group["allSupported"] == bool(some) or (group["includeGlobalResourceTypes"] and not group["allSupported"]):
        raise Refusal("InvalidRecordingGroupException", "The recording group contradicts itself.")
    group.setdefault("recordingStrategy", {"useOnly": "ALL_SUPPORTED_RESOURCE_TYPES"})
    mode = wanted.get("recordingMode", {"recordingFrequency": "CONTINUOUS"})
    if not held.recorder:
        held.tags = {tag["Key"]: tag["Value"] for tag in request.params.get("Tags", [])}
    wanted = {key: value for key, value in wanted.items() if key != "arn"}
    held.recorder = {**wanted, "name": name, "recordingGroup": group, "recordingMode": mode}
    return {}


def delete_recorder(request: Request) -> dict[str, Any]:
    """Forget the recorder of the region.

    https://docs.aws.amazon.com/config/latest/APIReference/API_DeleteConfigurationRecorder.html
    """
    known(request, [request.params["ConfigurationRecorderName"]])
    here(request).recorder, here(request).recording, here(request).tags = {}, False, {}
    return {}


def describe_channels(request: Request) -> dict[str, Any]:
    """Return where the region delivers to; raises Refusal with NoSuchDeliveryChannelException.

    Recorded: cloud-custodian, config.DescribeDeliveryChannels.
    """
    held = here(request).channel
    for name in request.params.get("DeliveryChannelNames", []):
        if name != held.get("name"):
            raise Refusal("NoSuchDeliveryChannelException", f"Cannot find delivery channel {name}")
    return {"DeliveryChannels": [held] if held else []}


def put_channel(request: Request) -> dict[str, Any]:
    """Deliver to another bucket, if its policy lets Config in.

    Raises Refusal with the code that AWS gives for it.

    https://docs.aws.amazon.com/config/latest/APIReference/API_PutDeliveryChannel.html
    """
    wanted, held = request.params["DeliveryChannel"], here(request)
    name = wanted.get("name", "default")
    if not held.recorder:
        raise Refusal("NoAvailableConfigurationRecorderException", "Configuration recorder is not available.")
    if held.channel and held.channel["name"] != name:
        raise Refusal("MaxNumberOfDeliveryChannelsExceededException", f"Failed to put {name}: the maximum is 1.")
    bucket = request.backend("s3", "aws").buckets.get(wanted.get("s3BucketName"))
    if bucket is None:
        raise Refusal("NoSuchBucketException", f"Cannot find a S3 bucket with name {wanted.get('s3BucketName')}.")
    document = json.loads(bucket.policy) if bucket.policy else {}
    inside = f"{wanted['s3KeyPrefix']}/" if "s3KeyPrefix" in wanted else ""
    itself = f"arn:{bucket.partition}:s3:::{bucket.name}"
    context = {"aws:sourceaccount": request.account, "s3:x-amz-acl": "bucket-owner-full-control"}
    context |= {"aws:securetransport": "true", "aws:principalisawsservice": "true"}
    asked = (
        ("s3:GetBucketAcl", itself),
        ("s3:ListBucket", itself),
        ("s3:PutObject", f"{itself}/{inside}AWSLogs/{request.account}/Config/ConfigWritabilityCheckFile"),
    )
    if not all(permits(document, PRINCIPAL, action, on, context) for action, on in asked):
        raise Refusal(
            "InsufficientDeliveryPolicyException",
            f"Insufficient delivery policy to s3 bucket: {bucket.name}, unable to write to bucket",
        )
    held.channel = {**wanted, "name": name}
    return {}


def delete_channel(request: Request) -> dict[str, Any]:
    """Deliver no longer, unless the region is recorded.

    Raises Refusal with NoSuchDeliveryChannelException or LastDeliveryChannelDeleteFailedException.

    https://docs.aws.amazon.com/config/latest/APIReference/API_DeleteDeliveryChannel.html
    """
    held, name = here(request), request.params["DeliveryChannelName"]
    if name != held.channel.get("name"):
        raise Refusal("NoSuchDeliveryChannelException", f"Cannot find delivery channel with specified name '{name}'.")
    if held.recording:
        raise Refusal(
            "LastDeliveryChannelDeleteFailedException",
            f"Failed to delete last specified delivery channel with name '{name}', because there is a running "
            "configuration recorder.",
        )
    held.channel = {}
    return {}


def start(request: Request) -> dict[str, Any]:
    """Record from now on; raises Refusal with NoAvailableDeliveryChannelException.

    https://docs.aws.amazon.com/config/latest/APIReference/API_StartConfigurationRecorder.html
    """
    known(request, [request.params["ConfigurationRecorderName"]])
    if not here(request).channel:
        raise Refusal("NoAvailableDeliveryChannelException", "Delivery channel is not available to start.")
    here(request).recording = True
    return {}


def stop(request: Request) -> dict[str, Any]:
    """Record no longer.

    https://docs.aws.amazon.com/config/latest/APIReference/API_StopConfigurationRecorder.html
    """
    known(request, [request.params["ConfigurationRecorderName"]])
    here(request).recording = False
    return {}


RECORDERS = at("config:{region}:{account}:configuration-recorder/*/*")
NEW_RECORDER = at("config:{region}:{account}:configuration-recorder/{ConfigurationRecorder[name]}/*")
RECORDER = at("config:{region}:{account}:configuration-recorder/{ConfigurationRecorderName}/*")
CALLS = table(
    {
        "DescribeConfigurationRecorders DescribeConfigurationRecorderStatus": [own(RECORDERS)],
        "DescribeDeliveryChannels DescribeDeliveryChannelStatus PutDeliveryChannel DeleteDeliveryChannel": [own()],
        "PutConfigurationRecorder": [
            own(NEW_RECORDER),
            passing("ConfigurationRecorder.roleARN", "config.amazonaws.com"),
            act("config:TagResource", NEW_RECORDER, when="Tags"),
        ],
        "StartConfigurationRecorder StopConfigurationRecorder DeleteConfigurationRecorder": [own(RECORDER)],
        "ListTagsForResource TagResource UntagResource": [own(given("ResourceArn"))],
    }
)
RULES = (
    Rule("config:DescribeConfigurationRecorders", before=describe_recorders, strict=False),
    Rule("config:DescribeConfigurationRecorderStatus", before=describe_status, strict=False),
    Rule("config:PutConfigurationRecorder", before=put_recorder, strict=False),
    Rule("config:DeleteConfigurationRecorder", before=delete_recorder, strict=False),
    Rule("config:DescribeDeliveryChannels", before=describe_channels, strict=False),
    Rule("config:PutDeliveryChannel", before=put_channel, strict=False),
    Rule("config:DeleteDeliveryChannel", before=delete_channel, strict=False),
    Rule("config:ListTagsForResource", before=list_tags, strict=False),
    Rule("config:StartConfigurationRecorder", before=start, strict=False),
    Rule("config:StopConfigurationRecorder", before=stop, strict=False),
)


SERVICE = Service(
    "config",
    rules=RULES,
    calls=CALLS,
    snapshot=remembered(Recorders),
    tags=lambda request, arn: dict(here(request).tags),
    warm_up={"DescribeConfigurationRecorders": {}},
)
