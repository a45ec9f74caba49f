"""Samples of parameters that tell others what there is."""

from collections.abc import Callable

from awsbase.engine.references import Reference
from awsbase.ensure.parameter import Parameter
from awsbase.ensure.secret import Generated, Secret
from awsbase.samples.sample import HOME, Reached, Sample, Tampering

PATH = "/acme/base"
TOKEN = Secret(scope=HOME, name="acme/token", key=None, generated=Generated(32))
ARN = Parameter(
    scope=HOME,
    name=f"{PATH}/secret_arns/acme/token",
    path=PATH,
    values=(Reference(TOKEN.address),),
    tags={"owner": "platform"},
)
PAIRS = Parameter(scope=HOME, name=f"{PATH}/key_pair_names", path=PATH, values=("ops", "web"), listed=True)


def made_by_hand(aws: Reached) -> None:
    """Write the same list by hand, as an advanced parameter, and another value where the ARN goes."""
    ssm = aws.client("ssm", HOME.region)
    ssm.put_parameter(Name=PAIRS.name, Value="ops,web", Type="StringList", Tier="Advanced")
    ssm.put_parameter(Name=ARN.name, Value="password", Type="String", Tags=[{"Key": "by", "Value": "hand"}])


def call(operation: str, **arguments: object) -> Callable[[Reached], object]:
    """Return a function that calls Systems Manager by hand."""
    return lambda aws: getattr(aws.client("ssm", HOME.region), operation)(**arguments)


SAMPLES = (
    Sample(
        "parameter",
        [TOKEN, ARN, PAIRS],
        tamperings={
            "deleted": Tampering(call("delete_parameter", Name=PAIRS.name), [f"{PAIRS.address}: create parameter"]),
            "other value": Tampering(
                call("put_parameter", Name=ARN.name, Value="arn:x", Overwrite=True), [f"{ARN.address}: update value"]
            ),
            "untagged": Tampering(
                call("remove_tags_from_resource", ResourceType="Parameter", ResourceId=ARN.name, TagKeys=["owner"]),
                [f"{ARN.address}: update tags"],
            ),
        },
    ),
    Sample("parameter made by hand", [TOKEN, ARN, PAIRS], before=made_by_hand),
)
