"""Samples of MFA devices that are made for people."""

from awsbase.ensure.mfa_device import MfaDevice
from awsbase.ensure.user import User
from awsbase.sandbox import Sandbox
from tests.contract.sample import HOME, Sample, Tampering

CARA = User(scope=HOME, name="cara", groups=frozenset(), exact=True)
DEVICE = MfaDevice(
    scope=HOME, user="cara", secret="awsbase/mfa/cara", tags={"team": "platform"}, made_here=(CARA.address,)
)
KEPT = {"Key": "awsbase:address", "Value": DEVICE.address}


def taken_away(aws: Sandbox) -> None:
    """Take the device from its user, as it is done for a lost phone."""
    aws.client("iam").deactivate_mfa_device(UserName="cara", SerialNumber=DEVICE.serial)
    aws.client("iam").delete_virtual_mfa_device(SerialNumber=DEVICE.serial)


def seed_taken_over(aws: Sandbox) -> None:
    """Remove the seed, as `awsbase mfa show` does, and lose the phone after that."""
    aws.client("secretsmanager", HOME.region).delete_secret(SecretId=DEVICE.secret, RecoveryWindowInDays=7)
    taken_away(aws)


def half_made(aws: Sandbox) -> None:
    """Leave what a run leaves that was killed before it stored the seed, and the secret of an earlier device."""
    aws.client("iam").create_user(UserName="cara")
    aws.client("iam").create_virtual_mfa_device(VirtualMFADeviceName="cara")
    secrets = aws.client("secretsmanager", HOME.region)
    secrets.create_secret(Name=DEVICE.secret, SecretString="old", Tags=[KEPT])
    secrets.delete_secret(SecretId=DEVICE.secret, RecoveryWindowInDays=7)


AGAIN = [
    f"{DEVICE.address}: create device",
    f"{DEVICE.address}: update seed in the secret",
    f"{DEVICE.address}: create assignment",
]

SAMPLES = (
    Sample(
        "MFA device",
        [CARA, DEVICE],
        tamperings={
            "taken away": Tampering(taken_away, AGAIN),
            "taken off": Tampering(
                lambda aws: aws.client("iam").deactivate_mfa_device(UserName="cara", SerialNumber=DEVICE.serial),
                [f"{DEVICE.address}: delete device without an owner", *AGAIN],
            ),
            "lost after it was taken over": Tampering(
                seed_taken_over, [f"{DEVICE.address}: update deletion of the secret", *AGAIN]
            ),
        },
    ),
    Sample("MFA device half made", [CARA, DEVICE], before=half_made),
)
