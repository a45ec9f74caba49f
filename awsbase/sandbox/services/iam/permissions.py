"""What each operation of IAM needs: the entity itself, by its path and name; lists and the account's own on `*`."""

from collections.abc import Callable, Iterator
from typing import Any

from awsbase.sandbox.authorization.permissions import Resources, act, arn, given, own, table
from awsbase.sandbox.service import Need, Permissions, Request


def entity(kind: str, named: str, held: Callable[[Any], Any]) -> Resources:
    """Name an entity of IAM by a parameter, with the path that it has or gets."""

    def resources(request: Request) -> Iterator[str]:
        name = request.params.get(named) or (request.caller.name if kind == "user" else "")
        found = next((one for one in held(request.backend("iam")).values() if one.name == name), None)
        path = found.path if found else request.params.get("Path") or "/"
        yield arn(request, f"iam::{request.account}:{kind}{path}{found.name if found else name}")

    return resources


USER = entity("user", "UserName", lambda iam: iam.users)
GROUP = entity("group", "GroupName", lambda iam: iam.groups)
ROLE = entity("role", "RoleName", lambda iam: iam.roles)
PROFILE = entity("instance-profile", "InstanceProfileName", lambda iam: iam.instance_profiles)
POLICY = given("PolicyArn")
DEVICE = given("SerialNumber")
PROVIDER = given("OpenIDConnectProviderArn")


def new_policy(request: Request) -> list[str]:
    """Name the policy that is created."""
    return [
        arn(request, f"iam::{request.account}:policy{request.params.get('Path') or '/'}{request.params['PolicyName']}")
    ]


def new_device(request: Request) -> list[str]:
    """Name the virtual MFA device that is created."""
    return [
        arn(
            request,
            f"iam::{request.account}:mfa{request.params.get('Path') or '/'}{request.params['VirtualMFADeviceName']}",
        )
    ]


def new_provider(request: Request) -> list[str]:
    """Name the identity provider that is created."""
    return [arn(request, f"iam::{request.account}:oidc-provider/{request.params['Url'].removeprefix('https://')}")]


def moved(kind: str) -> Resources:
    """Name what a user or group becomes by a new name or path: AWS asks for the right to that as well."""

    def resources(request: Request) -> Iterator[str]:
        if {"NewPath", f"New{kind.title()}Name"} & set(request.params):
            now = next(iter((USER if kind == "user" else GROUP)(request)))
            place = now.split(f":{kind}", 1)[1]
            name = request.params.get(f"New{kind.title()}Name") or place.rpartition("/")[2]
            path = request.params.get("NewPath") or place.rpartition("/")[0] + "/"
            yield arn(request, f"iam::{request.account}:{kind}{path}{name}")

    return resources


def key_owner(request: Request) -> list[str]:
    """Name the user whose access key is asked about."""
    users = request.backend("iam").users.values()
    mine = [
        user for user in users if any(key.access_key_id == request.params["AccessKeyId"] for key in user.access_keys)
    ]
    return [user.arn for user in mine] or [arn(request, f"iam::{request.account}:user/{request.caller.name}")]


def linked_role(request: Request) -> list[str]:
    """Name a service's own role, whose last word only the service knows."""
    return [
        arn(
            request,
            f"iam::{request.account}:role/aws-service-role/{request.params['AWSServiceName']}/AWSServiceRoleFor*",
        )
    ]


def pass_to_instances(request: Request) -> Iterator[Need]:
    """Need to pass the role that an instance profile is to hold."""
    for role in ROLE(request):
        yield Need("iam:PassRole", role, {"iam:PassedToService": "ec2.amazonaws.com"})


def tagged(action: str, resource: Resources) -> Permissions:
    """Need the right to tag what is created with tags."""
    return act(action, resource, when="Tags")


BOUNDED = {"iam:PermissionsBoundary": "PermissionsBoundary"}
ATTACHED = {"iam:PolicyARN": "PolicyArn"}
CALLS = table(
    {
        "ListUsers ListGroups ListRoles ListPolicies ListInstanceProfiles ListVirtualMFADevices ListAccountAliases "
        "ListServerCertificates ListOrganizationsFeatures ListOpenIDConnectProviders ListSAMLProviders "
        "GetAccountAuthorizationDetails GetAccountPasswordPolicy GetAccountSummary GetCredentialReport "
        "GenerateCredentialReport UpdateAccountPasswordPolicy DeleteAccountPasswordPolicy CreateAccountAlias "
        "DeleteAccountAlias EnableOrganizationsRootCredentialsManagement EnableOrganizationsRootSessions "
        "DisableOrganizationsRootCredentialsManagement DisableOrganizationsRootSessions "
        "GetServiceLastAccessedDetails": [own()],
        "GenerateServiceLastAccessedDetails": [own(given("Arn"))],
        "GetUser DeleteUser ListGroupsForUser ListUserTags TagUser UntagUser "
        "ListUserPolicies GetUserPolicy PutUserPolicy DeleteUserPolicy ListAttachedUserPolicies "
        "DeleteUserPermissionsBoundary "
        "CreateLoginProfile GetLoginProfile UpdateLoginProfile DeleteLoginProfile ChangePassword "
        "CreateAccessKey ListAccessKeys UpdateAccessKey DeleteAccessKey "
        "ListMFADevices GetMFADevice EnableMFADevice DeactivateMFADevice ResyncMFADevice "
        "ListSSHPublicKeys GetSSHPublicKey UploadSSHPublicKey UpdateSSHPublicKey DeleteSSHPublicKey "
        "ListSigningCertificates UploadSigningCertificate UpdateSigningCertificate DeleteSigningCertificate "
        "ListServiceSpecificCredentials CreateServiceSpecificCredential UpdateServiceSpecificCredential "
        "ResetServiceSpecificCredential DeleteServiceSpecificCredential": [own(USER)],
        "CreateUser": [own(USER, keys=BOUNDED), tagged("iam:TagUser", USER)],
        "PutUserPermissionsBoundary": [own(USER, keys=BOUNDED)],
        "UpdateUser": [own(USER, moved("user"))],
        "AttachUserPolicy DetachUserPolicy": [own(USER, keys=ATTACHED)],
        "GetAccessKeyLastUsed": [own(key_owner)],
        "SimulatePrincipalPolicy": [own(given("PolicySourceArn"))],
        "CreateGroup GetGroup DeleteGroup AddUserToGroup RemoveUserFromGroup ListGroupPolicies GetGroupPolicy "
        "PutGroupPolicy DeleteGroupPolicy ListAttachedGroupPolicies": [own(GROUP)],
        "UpdateGroup": [own(GROUP, moved("group"))],
        "AttachGroupPolicy DetachGroupPolicy": [own(GROUP, keys=ATTACHED)],
        "GetRole DeleteRole UpdateRole UpdateRoleDescription UpdateAssumeRolePolicy ListRoleTags TagRole UntagRole "
        "ListRolePolicies GetRolePolicy PutRolePolicy DeleteRolePolicy ListAttachedRolePolicies "
        "ListInstanceProfilesForRole DeleteRolePermissionsBoundary": [own(ROLE)],
        "CreateRole": [own(ROLE, keys=BOUNDED), tagged("iam:TagRole", ROLE)],
        "PutRolePermissionsBoundary": [own(ROLE, keys=BOUNDED)],
        "AttachRolePolicy DetachRolePolicy": [own(ROLE, keys=ATTACHED)],
        "CreateServiceLinkedRole": [own(linked_role, keys={"iam:AWSServiceName": "AWSServiceName"})],
        "CreatePolicy": [own(new_policy), tagged("iam:TagPolicy", new_policy)],
        "GetPolicy DeletePolicy CreatePolicyVersion GetPolicyVersion ListPolicyVersions DeletePolicyVersion "
        "SetDefaultPolicyVersion ListEntitiesForPolicy ListPolicyTags TagPolicy UntagPolicy": [own(POLICY)],
        "CreateInstanceProfile": [own(PROFILE), tagged("iam:TagInstanceProfile", PROFILE)],
        "GetInstanceProfile DeleteInstanceProfile RemoveRoleFromInstanceProfile ListInstanceProfileTags "
        "TagInstanceProfile UntagInstanceProfile": [own(PROFILE)],
        "AddRoleToInstanceProfile": [own(PROFILE), pass_to_instances],
        "CreateOpenIDConnectProvider": [own(new_provider), tagged("iam:TagOpenIDConnectProvider", new_provider)],
        "GetOpenIDConnectProvider DeleteOpenIDConnectProvider AddClientIDToOpenIDConnectProvider "
        "RemoveClientIDFromOpenIDConnectProvider ListOpenIDConnectProviderTags TagOpenIDConnectProvider "
        "UntagOpenIDConnectProvider UpdateOpenIDConnectProviderThumbprint": [own(PROVIDER)],
        "CreateVirtualMFADevice": [own(new_device), tagged("iam:TagMFADevice", new_device)],
        "DeleteVirtualMFADevice ListMFADeviceTags TagMFADevice UntagMFADevice": [own(DEVICE)],
    }
)
