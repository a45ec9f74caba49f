"""Policies of an organization: types, documents, attachments, and what they leave when policies are enforced."""

from __future__ import annotations

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from awsbase.sandbox import Sandbox, World
from tests.sandbox.organizations import RCP, SCP, account, enabled, organization, policy, reason, root, unit
from tests.sandbox.refused import refused

CONSTRAINT = "ConstraintViolationException"
FULL = "p-FullAWSAccess"
MANAGEMENT, PROD, DEV = "111111111111", "333333333333", "444444444444"
DENY = {"Effect": "Deny", "Action": "s3:*", "Resource": "*"}


@pytest.fixture
def aws() -> Any:
    """Return a client of an account that manages an organization."""
    client = Sandbox().client("organizations")
    organization(client)
    return client


def types(aws: Any) -> dict[str, str]:
    return {each["Type"]: each["Status"] for each in aws.list_roots()["Roots"][0]["PolicyTypes"]}


def names(aws: Any, target: str, type: str = SCP) -> list[str]:
    return sorted(each["Name"] for each in aws.list_policies_for_target(TargetId=target, Filter=type)["Policies"])


def create(aws: Any, content: str, type: str = SCP, name: str = "new") -> Any:
    return reason(aws.create_policy, Name=name, Description="", Type=type, Content=content)


def padded(length: int, **statement: Any) -> str:
    """Return a document of so many characters, most of which are blank."""
    text = json.dumps({"Version": "2012-10-17", "Statement": [{**DENY, **statement}]})
    return text + " " * (length - len(text))


def test_a_type_is_enabled_in_the_background_and_comes_with_a_policy_everywhere(aws: Any) -> None:
    at = root(aws)
    top = unit(aws, at, "Workloads")
    assert (types(aws), names(aws, at)) == ({}, [])
    aws.enable_policy_type(RootId=at, PolicyType=SCP)
    attach = {"PolicyId": policy(aws, "deny", DENY), "TargetId": at}
    assert refused(aws.attach_policy, **attach) == "PolicyTypeNotEnabledException"
    assert refused(aws.enable_policy_type, RootId=at, PolicyType=SCP) == "PolicyTypeAlreadyEnabledException"
    assert [types(aws)[SCP] for _ in range(3)] == ["PENDING_ENABLE", "PENDING_ENABLE", "ENABLED"]
    below = unit(aws, top, "Prod")
    assert [names(aws, each) for each in (at, top, below, "123456789012")] == [["FullAWSAccess"]] * 4
    assert refused(aws.attach_policy, **attach) is None


def test_disabling_a_type_detaches_its_policies(aws: Any) -> None:
    at = enabled(aws, SCP)
    id = policy(aws, "deny", DENY)
    aws.attach_policy(PolicyId=id, TargetId=at)
    aws.disable_policy_type(RootId=at, PolicyType=SCP)
    assert refused(aws.enable_policy_type, RootId=at, PolicyType=SCP) == "PolicyChangesInProgressException"
    assert [types(aws).get(SCP) for _ in range(3)] == ["PENDING_DISABLE", "PENDING_DISABLE", None]
    assert (names(aws, at), aws.list_targets_for_policy(PolicyId=id)["Targets"]) == ([], [])
    assert refused(aws.disable_policy_type, RootId=at, PolicyType=SCP) == "PolicyTypeNotEnabledException"
    enabled(aws, SCP)
    assert names(aws, at) == ["FullAWSAccess"]
    assert refused(aws.enable_policy_type, RootId="r-none", PolicyType=SCP) == "RootNotFoundException"


@pytest.mark.sampled(4)
@pytest.mark.parametrize(
    ("type", "content"),
    [
        (SCP, "{"),
        (SCP, "[]"),
        (SCP, '{"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Action": "s3:*"}]}'),
        (SCP, padded(0, Effect="Forbid")),
        (SCP, padded(0, Principal="*")),
        (RCP, padded(0)),
        (RCP, padded(0, Principal="*", Effect="Allow")),
        (RCP, padded(0, Principal="*", Action="*")),
        (RCP, padded(0, Principal={"AWS": "111111111111"})),
    ],
)
def test_a_malformed_document_is_refused(aws: Any, type: str, content: str) -> None:
    assert create(aws, content, type) == ("MalformedPolicyDocumentException", "")
    id = policy(aws, "deny", {"Action": "s3:*"}, type=type)
    assert refused(aws.update_policy, PolicyId=id, Content=content) == "MalformedPolicyDocumentException"


@pytest.mark.parametrize(("type", "most"), [(SCP, 10240), (RCP, 5120)])
def test_white_space_counts_towards_the_size(aws: Any, type: str, most: int) -> None:
    more = {"Principal": "*"} if type == RCP else {}
    assert create(aws, padded(most + 1, **more), type) == (CONSTRAINT, "POLICY_CONTENT_LIMIT_EXCEEDED")
    assert create(aws, padded(most, **more), type) is None


def test_names_are_unique_and_policies_of_aws_stay_as_they_are(aws: Any) -> None:
    policy(aws, "deny", DENY)
    other = policy(aws, "other", DENY)
    assert create(aws, padded(0), name="deny") == ("DuplicatePolicyException", "")
    assert refused(aws.update_policy, PolicyId=other, Name="deny") == "DuplicatePolicyException"
    aws.update_policy(PolicyId=other, Name="other", Description="the same name is its own")
    immutable = ("InvalidInputException", "IMMUTABLE_POLICY")
    assert reason(aws.update_policy, PolicyId=FULL, Name="x") == immutable
    assert reason(aws.delete_policy, PolicyId=FULL) == immutable


@pytest.mark.parametrize(("type", "most"), [(SCP, 10), (RCP, 5)])
def test_so_many_policies_are_attached_and_awss_own_counts(aws: Any, type: str, most: int) -> None:
    at = enabled(aws, type)
    ids = [policy(aws, f"deny-{number}", {"Action": "s3:*"}, type=type) for number in range(most)]
    for id in ids[:-1]:
        aws.attach_policy(PolicyId=id, TargetId=at)
    last = {"PolicyId": ids[-1], "TargetId": at}
    assert reason(aws.attach_policy, **last) == (CONSTRAINT, "MAX_POLICY_TYPE_ATTACHMENT_LIMIT_EXCEEDED")
    assert refused(aws.attach_policy, **{**last, "PolicyId": ids[0]}) == "DuplicatePolicyAttachmentException"
    aws.detach_policy(PolicyId=ids[0], TargetId=at)
    assert refused(aws.attach_policy, **last) is None
    assert refused(aws.delete_policy, PolicyId=ids[-1]) == "PolicyInUseException"


def test_the_last_policy_stays_and_another_one_can_take_its_place(aws: Any) -> None:
    at = enabled(aws, SCP, RCP)
    full = {"PolicyId": FULL, "TargetId": at}
    assert reason(aws.detach_policy, **full) == (CONSTRAINT, "MIN_POLICY_TYPE_ATTACHMENT_LIMIT_EXCEEDED")
    aws.attach_policy(PolicyId=policy(aws, "some", {"Effect": "Allow", "Action": "s3:*"}), TargetId=at)
    aws.detach_policy(**full)
    assert names(aws, at) == ["some"]
    assert refused(aws.detach_policy, **full) == "PolicyNotAttachedException"
    undetachable = ("InvalidInputException", "NON_DETACHABLE_POLICY")
    assert reason(aws.detach_policy, PolicyId="p-RCPFullAWSAccess", TargetId=at) == undetachable


def test_a_target_that_is_not_there_is_refused(aws: Any) -> None:
    enabled(aws, SCP)
    id = policy(aws, "deny", DENY)
    for missing in ("999999999999", "ou-abcd-12345678"):
        assert refused(aws.attach_policy, PolicyId=id, TargetId=missing) == "TargetNotFoundException"
        assert refused(aws.detach_policy, PolicyId=id, TargetId=missing) == "TargetNotFoundException"
        assert refused(aws.list_policies_for_target, TargetId=missing, Filter=SCP) == "TargetNotFoundException"


def test_policies_of_other_types_say_together_what_holds_for_an_account(aws: Any) -> None:
    type = "DECLARATIVE_POLICY_EC2"
    at = enabled(aws, type)
    dev = account(aws, "dev")
    missing = {"PolicyType": type, "TargetId": dev}
    assert refused(aws.describe_effective_policy, **missing) == "EffectivePolicyNotFoundException"
    for target, content in (
        (at, {"ec2_attributes": {"imds": {"tokens": {"@@assign": "optional"}, "regions": {"@@assign": ["a"]}}}}),
        (dev, {"ec2_attributes": {"imds": {"tokens": {"@@assign": "required"}, "regions": {"@@append": ["b"]}}}}),
    ):
        made = aws.create_policy(Name=target, Description="", Type=type, Content=json.dumps(content))
        aws.attach_policy(PolicyId=made["Policy"]["PolicySummary"]["Id"], TargetId=target)
    assert len(aws.list_policies(Filter=type)["Policies"]) == 2
    found = {
        id: json.loads(aws.describe_effective_policy(PolicyType=type, TargetId=id)["EffectivePolicy"]["PolicyContent"])
        for id in (dev, "123456789012")
    }
    assert found[dev] == {"ec2_attributes": {"imds": {"tokens": "required", "regions": ["a", "b"]}}}
    assert found["123456789012"] == {"ec2_attributes": {"imds": {"tokens": "optional", "regions": ["a"]}}}


class Enforced:
    """Three accounts whose policies are enforced: production below two units, development below the root."""

    def __init__(self) -> None:
        self.world = World([MANAGEMENT, PROD, DEV], management=MANAGEMENT, enforce=True)
        self.aws = self.world.accounts[MANAGEMENT].client("organizations")
        self.root = enabled(self.aws, SCP, RCP)
        self.top = unit(self.aws, self.root, "Workloads")
        self.below = unit(self.aws, self.top, "Prod")
        self.aws.move_account(AccountId=PROD, SourceParentId=self.root, DestinationParentId=self.below)

    def attach(self, target: str, name: str, *statements: dict[str, Any], type: str = SCP) -> None:
        """Attach a policy of these statements."""
        self.aws.attach_policy(PolicyId=policy(self.aws, name, *statements, type=type), TargetId=target)

    def lists(self, account: str, caller: str | None = None, service: str = "sns") -> str | None:
        """Return how an account's listing ends."""
        client = self.world.accounts[account].client(service, caller=caller)
        return refused({"sns": lambda: client.list_topics(), "iam": lambda: client.list_users()}[service])


@pytest.fixture
def enforced() -> Enforced:
    return Enforced()


def test_a_denial_holds_below_where_it_is_attached_and_at_once(enforced: Enforced) -> None:
    assert [enforced.lists(each) for each in (MANAGEMENT, PROD, DEV)] == [None, None, None]
    enforced.attach(enforced.top, "no sns", {"Action": "sns:*"})
    assert [enforced.lists(each) for each in (MANAGEMENT, PROD, DEV)] == [None, "AuthorizationError", None]
    # Root of a member is not spared, and other services are open.
    assert enforced.lists(PROD, "root") == "AuthorizationError"
    assert enforced.lists(PROD, service="iam") is None
    # The policies change with a move.
    enforced.aws.move_account(AccountId=PROD, SourceParentId=enforced.below, DestinationParentId=enforced.root)
    enforced.aws.move_account(AccountId=DEV, SourceParentId=enforced.root, DestinationParentId=enforced.below)
    assert [enforced.lists(each) for each in (PROD, DEV)] == [None, "AuthorizationError"]


def test_every_level_has_to_allow(enforced: Enforced) -> None:
    enforced.attach(enforced.below, "only iam", {"Effect": "Allow", "Action": "iam:*"})
    assert enforced.lists(PROD) is None
    enforced.aws.detach_policy(PolicyId=FULL, TargetId=enforced.below)
    assert [enforced.lists(PROD), enforced.lists(PROD, service="iam")] == ["AuthorizationError", None]
    # What the level above leaves is cut by each level of its own.
    enforced.attach(PROD, "only sns", {"Effect": "Allow", "Action": "sns:*"})
    enforced.aws.detach_policy(PolicyId=FULL, TargetId=PROD)
    assert [enforced.lists(PROD), enforced.lists(PROD, service="iam")] == ["AuthorizationError", "AccessDenied"]
    said = denied(enforced.world.accounts[PROD].client("iam").list_users)
    assert "because no service control policy allows the iam:ListUsers action" in said


def denied(method: Any) -> str:
    """Return the words that a call is denied in."""
    with pytest.raises(ClientError) as raised:
        method()
    return str(raised.value)


def test_the_management_account_is_spared_even_where_a_policy_is_attached_to_it(enforced: Enforced) -> None:
    enforced.attach(MANAGEMENT, "no sns", {"Action": "sns:*"})
    enforced.attach(enforced.root, "nothing", {"Action": "*"})
    assert enforced.lists(MANAGEMENT) is None
    assert enforced.lists(DEV) == "AuthorizationError"


def test_roles_of_services_are_spared(enforced: Enforced) -> None:
    iam = enforced.world.accounts[PROD].client("iam")
    name = iam.create_service_linked_role(AWSServiceName="config.amazonaws.com")["Role"]["RoleName"]
    enforced.attach(PROD, "no sns", {"Action": "sns:*"})
    said = {
        role: denied(enforced.world.accounts[PROD].client("sns", caller=f"role/{role}").list_topics)
        for role in (name, "sandbox-administrator")
    }
    # What keeps the service's role out is that it has no policy of its own.
    assert "no identity-based policy allows" in said[name]
    assert "explicit deny in a service control policy" in said["sandbox-administrator"]


def test_policies_see_conditions_and_a_disabled_type_does_not_count(enforced: Enforced) -> None:
    spared = {"ArnNotLike": {"aws:PrincipalArn": "arn:aws:iam::*:role/sandbox-*"}}
    enforced.attach(enforced.root, "spares", {"Action": "sns:*", "Condition": spared})
    assert [enforced.lists(PROD), enforced.lists(PROD, "root")] == [None, "AuthorizationError"]
    enforced.aws.disable_policy_type(RootId=enforced.root, PolicyType=SCP)
    for _ in range(3):
        enforced.aws.list_roots()
    assert enforced.lists(PROD, "root") is None


def test_resource_policies_bind_what_a_member_has_in_listed_services(enforced: Enforced) -> None:
    enforced.attach(PROD, "closed", {"Action": ["s3:*", "sns:*"]}, type=RCP)
    for id, code in ((MANAGEMENT, None), (PROD, "AccessDenied"), (DEV, None)):
        assert refused(enforced.world.accounts[id].client("s3").create_bucket, Bucket=f"b-{id}") == code
    # SNS is not among them.
    assert enforced.lists(PROD) is None


def test_nothing_is_judged_where_policies_are_not_enforced() -> None:
    world = World([MANAGEMENT, PROD], management=MANAGEMENT)
    aws = world.accounts[MANAGEMENT].client("organizations")
    at = enabled(aws, SCP)
    aws.attach_policy(PolicyId=policy(aws, "nothing", {"Action": "*"}), TargetId=at)
    assert refused(world.accounts[PROD].client("sns").list_topics) is None
