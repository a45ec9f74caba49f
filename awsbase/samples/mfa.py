"""Samples of MFA devices that are made for people."""

from awsbase.ensure.mfa_device import MfaDevice
from awsbase.ensure.user import User
from awsbase.samples.sample import HOME, Reached, Sample, Tampering

CARA = User(scope=HOME, name="cara", groups=frozenset(), exact=True)
DEVICE = MfaDevice(
    scope=HOME, user="cara", secret="awsbase/mfa/cara", tags={"team": "platform"}, made_here=(CARA.address,)
)
ADDRESS_TAG = {"Key": "awsbase:address", "Value": DEVICE.address}


def delete_device(aws: Reached) -> None:
    """Delete the device, as somebody does for a lost phone."""
    aws.client("iam").deactivate_mfa_device(UserName="cara", SerialNumber=DEVICE.serial)
    aws.client("iam").delete_virtual_mfa_device(SerialNumber=DEVICE.serial)


def delete_seed_and_device(aws: Reached) -> None:
    """Remove the seed, as `awsbase mfa show` does, and lose the phone after that."""
    aws.client("secretsmanager", HOME.region).delete_secret(SecretId=DEVICE.secret, RecoveryWindowInDays=7)
    delete_device(aws)


def half_created(aws: Reached) -> None:
    """Leave the state of a run that was killed before it stored the seed, with the secret of an earlier device."""
    aws.client("iam").create_user(UserName="cara")
    aws.client("iam").create_virtual_mfa_device(VirtualMFADeviceName="cara")
    secrets = aws.client("secretsmanager", HOME.region)
    secrets.create_secret(Name=DEVICE.secret, SecretString="old", Tags=[ADDRESS_TAG])
    secrets.delete_secret(SecretId=DEVICE.secret, RecoveryWindowInDays=7)


AGAIN = [
    f"{DEVICE.address}: create device",
    f"{DEVICE.address}: update seed in the secret",
    f"{DEVICE.address}: create assignment",
]
# Whoever reads the secret has the second factor of a user who is there already.
READ_BY_OTHERS = [f"{DEVICE.address}: create device"]

SAMPLES = (
    Sample(
        "MFA device",
        [CARA, DEVICE],
        tamperings={
            "device deleted": Tampering(delete_device, AGAIN, READ_BY_OTHERS),
            "device deactivated": Tampering(
                lambda aws: aws.client("iam").deactivate_mfa_device(UserName="cara", SerialNumber=DEVICE.serial),
                [f"{DEVICE.address}: delete device without an owner", *AGAIN],
                READ_BY_OTHERS,
            ),
            "device deleted after its seed was removed": Tampering(
                delete_seed_and_device,
                [f"{DEVICE.address}: update deletion of the secret", *AGAIN],
                READ_BY_OTHERS,
            ),
        },
    ),
    Sample("MFA device half created", [CARA, DEVICE], before=half_created),
)
