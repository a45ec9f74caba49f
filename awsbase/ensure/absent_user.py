"""IAM users who have to go."""

from __future__ import annotations

from collections.abc import Mapping

from awsbase.access.simulated_state import IamDraft
from awsbase.engine.kind import About, Absent, Kind
from awsbase.engine.permissions import Allows, Permissions, allow
from awsbase.engine.resource import Resource
from awsbase.engine.risk import deletion
from awsbase.engine.run import Run
from awsbase.engine.things import Describe
from awsbase.facts.authorization import ALL_OF_IAM, UserFacts, all_of_iam, iam_arns, leaving_groups, users
from awsbase.facts.credential_report import VIRTUAL_DEVICES, Credentials, credentials, virtual_devices
from awsbase.records import record


@record(kw_only=True)
class AbsentUser(Resource):
    """A user who shall not be there, whoever made him, together with all that is his."""

    name: str

    @property
    def address(self) -> str:
        return f"user/{self.name}"

    def simulate(self, iam: IamDraft) -> None:
        """Delete the user in a draft of IAM."""
        iam.users.pop(self.name.casefold(), None)


def ensure_no_user(run: Run, want: AbsentUser) -> None:
    """Delete one user, in the order that IAM demands: what lets him in, what he may do, himself."""
    have = run.read(users).get(want.name.casefold())
    if have is None:
        return
    owned = run.read(credentials, have.name)
    virtual = run.read(virtual_devices)

    lock_out(run, have.name, owned)
    take_devices(run, have.name, owned, virtual)
    take_rights(run, have)
    run.delete("user", run.aws.iam.delete_user, UserName=have.name)


def lock_out(run: Run, name: str, owned: Credentials) -> None:
    """Take away the password and every key."""
    iam = run.aws.iam
    if owned.login:
        run.delete("login profile", iam.delete_login_profile, UserName=name)
    for key in owned.keys:
        lost = deletion("deletes an access key")
        run.delete(f"access key …{key[-4:]}", iam.delete_access_key, risk=lost, UserName=name, AccessKeyId=key)
    for certificate in owned.certificates:
        run.delete(
            f"signing certificate …{certificate[-4:]}",
            iam.delete_signing_certificate,
            UserName=name,
            CertificateId=certificate,
        )
    for key in owned.ssh_keys:
        run.delete(f"SSH key …{key[-4:]}", iam.delete_ssh_public_key, UserName=name, SSHPublicKeyId=key)
    for credential in owned.services:
        run.delete(
            f"service credential …{credential[-4:]}",
            iam.delete_service_specific_credential,
            UserName=name,
            ServiceSpecificCredentialId=credential,
        )


def take_devices(run: Run, name: str, owned: Credentials, virtual: Mapping[str, str | None]) -> None:
    """Deactivate the MFA devices, and delete those that are nothing but an entry in IAM."""
    iam = run.aws.iam
    for serial in owned.devices:
        run.delete(f"activation of MFA device {serial}", iam.deactivate_mfa_device, UserName=name, SerialNumber=serial)
        if serial in virtual:
            run.delete(f"MFA device {serial}", iam.delete_virtual_mfa_device, SerialNumber=serial)
    for serial in leftovers(name, virtual):
        run.delete(f"MFA device {serial}", iam.delete_virtual_mfa_device, SerialNumber=serial)


def leftovers(name: str, virtual: Mapping[str, str | None]) -> list[str]:
    """Return devices that a run deactivated and did not come to delete: nobody's, and called after the user.

    One of another name that is left over cannot be told from other people's; it opens nothing.
    """
    own = f"mfa/{name}"
    return [
        serial
        for serial, user in virtual.items()
        if user is None and (serial.endswith(f":{own}") or f":{own}/" in serial)
    ]


def take_rights(run: Run, have: UserFacts) -> None:
    """Take away the policies and the groups."""
    iam = run.aws.iam
    for policy in sorted(have.inline):
        run.delete(f"inline policy {policy}", iam.delete_user_policy, UserName=have.name, PolicyName=policy)
    for arn in sorted(have.policies):
        run.delete(f"attachment {arn}", iam.detach_user_policy, UserName=have.name, PolicyArn=arn)
    for group in sorted(have.groups):
        run.delete(f"membership in {group}", iam.remove_user_from_group, UserName=have.name, GroupName=group)


def read_permissions(want: AbsentUser) -> Allows:
    """Yield the IAM permissions that a plan needs."""
    yield ALL_OF_IAM
    yield VIRTUAL_DEVICES
    yield allow(
        "iam",
        *("GetLoginProfile", "ListAccessKeys", "ListMFADevices", "ListSSHPublicKeys"),
        *("ListServiceSpecificCredentials", "ListSigningCertificates"),
        on=iam_arns(want.scope, "user", want.name),
    )


def write_permissions(want: AbsentUser) -> Allows:
    """Yield the IAM permissions that a reconcile needs beyond those."""
    yield allow(
        "iam",
        *("DeleteAccessKey", "DeleteLoginProfile", "DeleteSSHPublicKey", "DeleteServiceSpecificCredential"),
        *("DeleteSigningCertificate", "DeactivateMFADevice", "DeleteUserPolicy", "DetachUserPolicy", "DeleteUser"),
        on=iam_arns(want.scope, "user", want.name),
    )
    yield leaving_groups(want.scope)
    # A device is called as its owner liked.
    yield allow("iam", "DeleteVirtualMFADevice", on=(want.scope.global_arn("iam", "mfa/*"),))


KIND = Kind(
    ensure_no_user,
    all_of_iam,
    resource=AbsentUser,
    permissions=Permissions(read=read_permissions, write=write_permissions),
    about=About(
        what="A user who shall not be there: every password, key, device and right is removed, and then the user.",
        why="Credentials of somebody who left are found by somebody else.",
        undo=("say `state: present`, and reconcile: the name comes back, the old credentials never do",),
        controls=("CIS 1.12",),
    ),
    word="user",
    found_by="name, with `state: absent`",
    owns="that there is none, nor any of their credentials",
    describe=Describe(lambda facts, scope: iter(())),  # whoever is gone is in no list
    absent=Absent(why="there is nobody to take away, and whoever was deleted does not come back"),
)
