"""How the accounts of an organization file are reached: by a profile, and by roles from there on."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import boto3
import pytest

from awsbase.aws import Aws
from awsbase.engine.account import identify
from awsbase.engine.wire import Wire
from awsbase.errors import AwsbaseError
from awsbase.organization.reach import Sessions, Unreachable, check, route, with_keys
from awsbase.sandbox import World
from tests.organization.files import ORGANIZATION, loaded
from tests.organization.worlds import role, sessions

if TYPE_CHECKING:
    from awsbase.aws import AnySession

USERS, PROD, DEV = "111111111111", "333333333333", "444444444444"
ENTERED = "OrganizationAccountAccessRole"
DEEP = ORGANIZATION.replace(
    'dev:   {id: "444444444444", role: OrganizationAccountAccessRole, via: users,',
    'dev:   {id: "444444444444", role: Deep, via: prod,',
)


@pytest.fixture
def world() -> World:
    """Return three accounts: prod trusts users, and dev trusts prod."""
    world = World([USERS, PROD, DEV])
    role(world, PROD, ENTERED, USERS)
    role(world, DEV, ENTERED, USERS)
    role(world, DEV, "Deep", PROD)
    world.forget_calls()
    return world


def caller(session: AnySession) -> str:
    """Return who a session is."""
    return identify(Aws(session, "eu-west-1"), Wire()).caller


def test_an_account_is_reached_by_its_profile_or_its_role(world: World, tmp_path: Path) -> None:
    organization = loaded(tmp_path)
    opened = sessions(world)
    reached = {name: caller(opened.to(route(organization, each))) for name, each in organization.members.items()}
    assert [arn.split(":")[4] for arn in reached.values()] == [USERS, PROD, DEV]
    assert reached["prod"].endswith(f"assumed-role/{ENTERED}/you")


def test_roles_are_chained_for_an_hour_and_what_is_between_is_opened_once(world: World, tmp_path: Path) -> None:
    organization = loaded(tmp_path, DEEP)
    opened, way = sessions(world), route(organization, organization.members["dev"])
    for _ in range(2):
        assert caller(opened.to(way)).endswith("assumed-role/Deep/you")
    assumed = [call.params for call in world.calls if call.name == "sts:AssumeRole"]
    assert [each["RoleArn"].rpartition("/")[2] for each in assumed] == [ENTERED, "Deep", "Deep"]
    assert {each["DurationSeconds"] for each in assumed} == {3600}


def test_a_session_between_is_opened_anew_before_it_ends(world: World, tmp_path: Path) -> None:
    organization = loaded(tmp_path, DEEP)
    opened, way = sessions(world), route(organization, organization.members["dev"])
    opened.to(way)
    world.clock.advance(3100)
    assert caller(opened.to(way)).endswith("assumed-role/Deep/you")
    assert [call.name for call in world.calls].count("sts:AssumeRole") == 4


def test_the_name_of_a_run_is_told_to_aws(world: World, tmp_path: Path) -> None:
    organization = loaded(tmp_path)
    way = route(organization, organization.members["prod"])
    sessions(world).to(replace(way, run="nightly-7"))
    assert [call.params.get("SourceIdentity") for call in world.calls if call.name == "sts:AssumeRole"] == ["nightly-7"]


def test_a_role_that_aws_does_not_give_is_told_with_its_three_causes(world: World, tmp_path: Path) -> None:
    organization = loaded(
        tmp_path,
        ORGANIZATION.replace("role: OrganizationAccountAccessRole, via: users, prot", "role: Nobody, via: users, prot"),
    )
    with pytest.raises(Unreachable) as refused:
        sessions(world).to(route(organization, organization.members["prod"]))
    assert refused.value.message.startswith("prod does not let arn:aws:sts::111111111111:assumed-role/")
    assert (
        "arn:aws:iam::333333333333:role/Nobody is not there, does not trust you, or you may not assume it"
        in refused.value.message
    )
    assert "ask an administrator of account 333333333333" in (refused.value.hint or "")


def test_another_account_than_the_file_says_is_refused(world: World, tmp_path: Path) -> None:
    organization = loaded(tmp_path, ORGANIZATION.replace('"111111111111"', '"999999999999"'))
    way = route(organization, organization.members["users"])
    account = identify(Aws(sessions(world).to(way), way.region), Wire())
    with pytest.raises(Unreachable, match=r"reach 111111111111, and accounts\.users says 999999999999"):
        check(way, account)


def test_a_profile_that_cannot_be_used_names_the_account(tmp_path: Path) -> None:
    def nobody(profile: str | None) -> boto3.Session:
        raise AwsbaseError(f"there is no profile {profile}", hint="`awsbase mfa create` makes one")

    organization = loaded(tmp_path)
    with pytest.raises(Unreachable, match="prod cannot be reached: there is no profile acme-users") as refused:
        Sessions(nobody).to(route(organization, organization.members["prod"]))
    assert refused.value.hint == "`awsbase mfa create` makes one"


def test_other_keys_keep_the_settings_of_the_first_session(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    role = "role_arn = arn:aws:iam::1:role/x\nsource_profile = work\n"
    (tmp_path / "config").write_text(f"[profile work]\nregion = eu-west-1\n{role}ca_bundle = /x.pem\n")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    keys = {
        "AccessKeyId": "ASIAX",
        "SecretAccessKey": "s",
        "SessionToken": "t",
        "Expiration": datetime.now(UTC) + timedelta(hours=1),
    }
    made = with_keys(boto3.Session(profile_name="work"), keys)
    given = made.get_credentials()
    assert given
    assert (given.access_key, given.token, made.get_config_variable("region")) == ("ASIAX", "t", "eu-west-1")
    assert made.get_config_variable("ca_bundle") == "/x.pem"
