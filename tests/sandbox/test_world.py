"""Several accounts behind one endpoint: each call is made in the account of its key, and all have one clock."""

import pytest
from botocore.exceptions import ClientError

from awsbase.sandbox import Fault, Sandbox, World
from awsbase.sandbox.callers import ADMINISTRATOR_KEY, Key, administrator_key
from awsbase.sandbox.clients import session

USERS, PROD, DEV = "111111111111", "333333333333", "444444444444"


@pytest.fixture
def world() -> World:
    return World([USERS, PROD, DEV])


def arn_of(world: World, key: Key) -> str:
    sts = session(key, "eu-west-1", world.transport).client("sts")
    return str(sts.get_caller_identity()["Arn"])


def administrator(account: str) -> str:
    return f"arn:aws:sts::{account}:assumed-role/sandbox-administrator/you"


def test_each_account_has_a_key_that_bears_its_id(world: World) -> None:
    for account in (USERS, PROD, DEV):
        key = world.accounts[account].key()
        assert key.id == administrator_key(account) == f"AKIASBX0{account}"
        assert arn_of(world, key) == administrator(account)


def test_the_key_of_a_sandbox_and_any_word_are_of_the_first_account(world: World) -> None:
    for word in (ADMINISTRATOR_KEY, "test"):
        assert arn_of(world, Key(word, "sandbox")) == administrator(USERS)


@pytest.mark.parametrize("key", ["AKIASBX0999999999999", "AKIA0000000000000000", "ASIA0000000000000000"])
def test_a_key_of_nobody_is_refused(world: World, key: str) -> None:
    with pytest.raises(ClientError, match="InvalidClientTokenId"):
        arn_of(world, Key(key, "sandbox"))


def test_a_key_that_iam_has_made_acts_in_its_account(world: World) -> None:
    iam = world.accounts[PROD].client("iam")
    iam.create_user(UserName="deploy")
    made = iam.create_access_key(UserName="deploy")["AccessKey"]
    world.clock.advance(60)

    key = Key(made["AccessKeyId"], made["SecretAccessKey"])
    assert arn_of(world, key) == f"arn:aws:iam::{PROD}:user/deploy"

    iam.delete_access_key(UserName="deploy", AccessKeyId=key.id)
    with pytest.raises(ClientError, match="InvalidClientTokenId"):
        arn_of(world, key)


def test_a_session_acts_in_the_account_that_gave_it(world: World) -> None:
    world.accounts[DEV].client("iam").create_user(UserName="alice")
    given = world.session(DEV, "user/alice").client("sts").get_session_token()["Credentials"]
    key = Key(given["AccessKeyId"], given["SecretAccessKey"], given["SessionToken"])
    assert arn_of(world, key) == f"arn:aws:iam::{DEV}:user/alice"


def test_what_one_account_makes_no_other_has(world: World) -> None:
    users = world.accounts[USERS]
    users.client("iam").create_user(UserName="alice")
    key = users.client("kms", "eu-west-1").create_key()["KeyMetadata"]
    users.client("s3").create_bucket(Bucket="acme-state")

    assert [user["UserName"] for user in users.client("iam").list_users()["Users"]] == ["alice"]
    prod = world.accounts[PROD].client
    assert key["Arn"] == f"arn:aws:kms:eu-west-1:{USERS}:key/{key['KeyId']}"
    assert prod("iam").list_users()["Users"] == []
    assert prod("kms", "eu-west-1").list_keys()["Keys"] == []
    assert prod("s3").list_buckets()["Buckets"] == []
    with pytest.raises(ClientError, match="BucketAlreadyExists"):
        prod("s3").create_bucket(Bucket="acme-state")


def test_accounts_share_the_clock_and_keep_calls_and_faults_apart(world: World) -> None:
    prod, dev = world.accounts[PROD], world.accounts[DEV]
    assert prod.clock is dev.clock is world.clock
    dev.faults.add(Fault("throttle", on="iam:ListUsers"))
    prod.client("iam").list_users()
    with pytest.raises(ClientError, match="Throttling"):
        dev.client("iam").list_users()

    assert [(call.name, call.error) for call in prod.calls] == [("iam:ListUsers", None)]
    assert [call.name for call in world.calls] == ["iam:ListUsers"] * 2
    world.forget_calls()
    assert world.calls == []


def test_an_account_is_opened_once(world: World) -> None:
    opened = world.add("555555555555")
    assert opened.world is world
    assert arn_of(world, opened.key()) == administrator("555555555555")
    with pytest.raises(ValueError, match="there is an account 555555555555 already"):
        world.add("555555555555")


def test_an_organization_is_there_from_the_start_when_it_is_asked_for() -> None:
    world = World([USERS, PROD, DEV], management=USERS)
    seen = world.accounts[USERS].client("organizations").list_accounts()["Accounts"]
    assert {account["Id"] for account in seen} == {USERS, PROD, DEV}

    member = world.accounts[PROD]
    assert member.client("organizations").describe_organization()["Organization"]["MasterAccountId"] == USERS
    roles = member.client("iam").list_roles()["Roles"]
    assert [role["RoleName"] for role in roles] == ["OrganizationAccountAccessRole"]
    attached = member.client("iam").list_attached_role_policies(RoleName="OrganizationAccountAccessRole")
    assert [policy["PolicyName"] for policy in attached["AttachedPolicies"]] == ["AdministratorAccess"]
    assert world.accounts[USERS].client("iam").list_roles()["Roles"] == []


def test_a_sandbox_alone_is_in_no_world() -> None:
    assert Sandbox().world is None
