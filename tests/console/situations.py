"""The situations that console blocks run in: what stands in the folder, and in the account."""

from __future__ import annotations

import io
import json
import os
import re
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stderr
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import boto3
import pyotp
import pytest

from awsbase.approach import Target
from awsbase.people import files, store
from awsbase.people.secret import Secret
from awsbase.sandbox import Sandbox
from awsbase.sandbox.serve import listen
from awsbase.scripts.loaded import read
from awsbase.scripts.options import Options
from awsbase.scripts.session import Session
from awsbase.session import reconcile
from tests.contract.sample import account
from tests.fleet.organizations import ORGANIZATION as FLEET
from tests.fleet.organizations import TEMPLATE as ONE_SETTING
from tests.later import unhurried
from tests.organization import files as organization_files
from tests.people.alice import Phone
from tests.people.keychains import in_a_file
from tests.people.shell import without_waiting_for_keys

ROOT = Path(__file__).parents[2]
BIN = Path(sys.executable).parent
ADMINISTRATOR = "arn:aws:iam::aws:policy/AdministratorAccess"


@dataclass
class Situation:
    """A folder, an account and an environment that the commands of a block find."""

    folder: Path
    sandbox: Sandbox
    environment: dict[str, str]
    answers: list[Callable[[], str]] = field(default_factory=list)

    def write(self, name: str, text: str) -> Path:
        file = self.folder / name
        file.write_text(text, encoding="utf-8")
        return file

    def reconcile(self, manifest: Path | str) -> None:
        """Reconcile a manifest in this process, as the administrator."""
        loaded = read(self.folder / manifest, Options())
        session = Session(loaded, loaded.resources, Target(account(self.sandbox, None), self.sandbox.clock), Options())
        with redirect_stderr(io.StringIO()):
            reconcile(session, ask=None)

    def user(self, name: str) -> None:
        """Make a user with an access key, and work with that key."""
        self.sandbox.client("iam").create_user(UserName=name)
        self.use_key_of(name)

    def use_key_of(self, name: str) -> None:
        key = self.sandbox.client("iam").create_access_key(UserName=name)["AccessKey"]
        self.sandbox.clock.advance(60)
        profile = f"aws_access_key_id = {key['AccessKeyId']}\naws_secret_access_key = {key['SecretAccessKey']}\n"
        del self.environment["AWS_ACCESS_KEY_ID"], self.environment["AWS_SECRET_ACCESS_KEY"]
        home = Path(self.environment["HOME"], ".aws")
        home.mkdir()
        for profile_name in ("default", "work", "acme"):
            with (home / "credentials").open("a") as credentials:
                credentials.write(f"[{profile_name}]\n{profile}")


README = (ROOT / "README.md").read_text(encoding="utf-8")
ACME = next(iter(re.findall(r"```yaml\n(version: 1\n.*?)```", README, re.DOTALL)))
SMALL = """\
version: 1
account: {id: "123456789012", name: acme, region: eu-west-1}
audit:
iam:
  password_policy:
  groups:
    Administrators: {policies: ["awsbase:administrator"]}
  users:
    alice: {groups: [Administrators]}
"""
ACCESS = """\
access:
  roles:
    Dev: {policies: ["awsbase:power-user"]}
    Read: {policies: ["awsbase:read-only"]}
  grants:
    Developers: {dev: Dev, prod: Read}
"""
DEPLOY = """\
  policies:
    deploy: {statements: [{Effect: Allow, Action: "s3:PutObject", Resource: "arn:aws:s3:::acme-site/*"}]}
"""
MISTAKES = """\
version: 1
account: {id: 123456789012, name: acme, region: eu-west1}
audit: {retention: 365}
alarms:
  billing: {amounts: [50, 50]}
notify:
  billing:
iam:
  policies:
    deploy:
      file: policies/deploi.json
  groups:
    Administrators: {policies: ["awsbase:administrator"]}
  users:
    alice: {groups: [Administrators], console: yes}
"""


def three_accounts(situation: Situation) -> None:
    """Write an organization file of three accounts, and the manifest that they get."""
    organization_files.written(situation.folder, organization_files.ORGANIZATION + ACCESS)
    (home := Path(situation.environment["HOME"], ".aws")).mkdir()
    (home / "config").write_text("[profile acme-users]\nregion = eu-west-1\n")


def accounts_of_a_fleet(situation: Situation) -> None:
    organization_files.written(situation.folder, FLEET, account=ONE_SETTING)


def in_an_empty_folder(situation: Situation) -> None:
    (situation.folder / "acme.yaml").unlink()


def in_the_reconciled_account(situation: Situation) -> None:
    situation.reconcile("acme.yaml")


def with_a_bastion(situation: Situation) -> None:
    situation.write("acme.yaml", ACME + "network:\nbastion: {on_demand: true}\n")
    situation.reconcile("acme.yaml")


def with_a_role_planner(situation: Situation) -> None:
    trust = '{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}'
    iam = situation.sandbox.client("iam")
    iam.create_role(RoleName="planner", AssumeRolePolicyDocument=f'{trust}, "Action": "sts:AssumeRole"}}]}}')


def made_by_hand(situation: Situation) -> None:
    """Make what people make in the console, and what AWS Control Tower leaves."""
    iam = situation.sandbox.client("iam")
    may_all = json.dumps({"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "s3:*", "Resource": "*"}})
    who = {"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}
    iam.create_account_alias(AccountAlias="shop")
    iam.create_group(GroupName="ops")
    iam.put_group_policy(GroupName="ops", PolicyName="legacy", PolicyDocument=may_all)
    trust = json.dumps({"Version": "2012-10-17", "Statement": [who]})
    iam.create_role(RoleName="aws-controltower-Reader", AssumeRolePolicyDocument=trust)
    situation.sandbox.client("s3").create_bucket(Bucket="shop-pictures")


def changed_by_hand(situation: Situation) -> None:
    situation.reconcile(situation.write("acme.yaml", SMALL))
    situation.sandbox.client("iam").create_user(UserName="mallory")
    situation.sandbox.address = "203.0.113.7"
    situation.sandbox.client("cloudtrail", "eu-west-1", "user/mallory").stop_logging(Name="acme-trail")
    situation.sandbox.address = "127.0.0.1"
    iam = situation.sandbox.client("iam")
    iam.attach_group_policy(GroupName="Administrators", PolicyArn="arn:aws:iam::aws:policy/ReadOnlyAccess")
    policy = iam.get_account_password_policy()["PasswordPolicy"]
    kept = {name: value for name, value in policy.items() if value and name != "ExpirePasswords"}
    iam.update_account_password_policy(**{**kept, "MinimumPasswordLength": 20})
    weaker = SMALL.replace("password_policy:", "password_policy: {minimum_length: 16}")
    situation.write("acme.yaml", weaker + DEPLOY)


def changed_after_the_approval(situation: Situation) -> None:
    situation.reconcile(situation.write("acme.yaml", SMALL))
    subprocess.run(
        ["awsbase", "plan", "acme.yaml", "-o", "plan.json"],
        cwd=situation.folder,
        env=situation.environment,
        capture_output=True,
        check=True,
    )
    policy = {"MinimumPasswordLength": 8, "RequireSymbols": True}
    situation.sandbox.client("iam").update_account_password_policy(**policy)


def bucket_in_another_region(situation: Situation) -> None:
    where = {"LocationConstraint": "eu-west-1"}
    situation.sandbox.client("s3", region="eu-west-1").create_bucket(
        Bucket="acme-audit", CreateBucketConfiguration=where
    )
    situation.write("moved.yaml", ACME.replace("eu-west-1", "eu-central-1"))


def manifest_of_another_account(situation: Situation) -> None:
    situation.write("other.yaml", ACME.replace("123456789012", "222222222222"))


def without_credentials(situation: Situation) -> None:
    for name in [name for name in situation.environment if name.startswith("AWS_ACCESS") or "SECRET" in name]:
        del situation.environment[name]


def with_mistakes(situation: Situation) -> None:
    (situation.folder / "policies").mkdir()
    situation.write("policies/deploy.json", "{}")
    situation.write("acme.yaml", MISTAKES)


def bob_has_left(situation: Situation) -> None:
    iam = situation.sandbox.client("iam")
    # Somebody has to be left who administers the account.
    for name in ("bob", "carol"):
        iam.create_user(UserName=name)
        iam.create_access_key(UserName=name)
        iam.attach_user_policy(UserName=name, PolicyArn=ADMINISTRATOR)
    situation.write("acme.yaml", SMALL + "    bob: {state: absent}\n")


def bob(situation: Situation) -> None:
    situation.user("bob")
    without_waiting_for_keys(situation.sandbox)


def alice_with_a_device(situation: Situation) -> None:
    situation.user("alice")
    phone = Phone(situation.sandbox, "alice")
    situation.environment["AWS_PROFILE"] = "work"

    def next_code() -> str:
        situation.sandbox.clock.advance(30)  # AWS takes each code once
        return phone.code()

    situation.answers += [next_code, next_code]


def app_codes(situation: Situation, *steps: int) -> Iterator[Callable[[], str]]:
    """Yield what types the codes of an app that has scanned the newest device, some steps from the first question."""
    asked: list[int] = []

    def code(step: int) -> str:
        asked.append(int(situation.sandbox.clock.time()))
        backend: Any = situation.sandbox.backend("iam", "aws")
        device = list(backend.virtual_mfa_devices.values())[-1]
        return pyotp.TOTP(device.base32_string_seed).at(asked[0] + 30 * step)

    yield from (partial(code, step) for step in steps)


def alice_without_a_device(situation: Situation) -> None:
    situation.user("alice")
    situation.environment["AWS_PROFILE"] = "work"
    situation.answers += [*app_codes(situation, -1, 0), lambda: "n"]


def alice_with_a_keychain(situation: Situation) -> None:
    pytest.importorskip("keyring", reason="keyring is not installed: it is in the extra `keychain`")
    situation.user("alice")
    situation.environment.update(in_a_file(situation.folder.parent / "bin"))


def root_without_anybody(situation: Situation) -> None:
    key = situation.sandbox.key("root")
    situation.environment |= {"AWS_ACCESS_KEY_ID": key.id, "AWS_SECRET_ACCESS_KEY": key.secret}
    situation.answers += [lambda: "y", *app_codes(situation, -1, 0, 1)]


def one_topic_with_a_key_of_aws(situation: Situation) -> None:
    alarms = "alarms:\n  billing: {amounts: [50]}\n  security: {controls: [root-use]}\n"
    text = re.sub(r"alarms:\n.*?(?=^\w)", alarms, ACME, flags=re.DOTALL | re.MULTILINE)
    situation.reconcile(situation.write("acme.yaml", text))
    topic = "arn:aws:sns:{}:123456789012:acme-{}"
    situation.sandbox.confirm(topic.format("us-east-1", "billing"), "cfo@acme.example")
    situation.sandbox.client("sns", "eu-west-1").set_topic_attributes(
        TopicArn=topic.format("eu-west-1", "security"), AttributeName="KmsMasterKeyId", AttributeValue="alias/aws/sns"
    )


def alice_with_a_session(situation: Situation) -> None:
    situation.user("alice")
    phone = Phone(situation.sandbox, "alice")
    where = files.find({}, Path(situation.environment["HOME"]))
    for profile in ("work", "acme"):
        key = files.read_credentials(where)[profile]
        session: Any = boto3.Session(key[store.ID], key[store.SECRET])
        session.events.register("before-send", situation.sandbox.transport)
        got = session.client("sts", region_name="eu-west-1").get_session_token(
            SerialNumber=phone.serial, TokenCode=phone.code()
        )["Credentials"]
        situation.sandbox.clock.advance(30)
        secrets = Secret(got["SecretAccessKey"]), Secret(got["SessionToken"])
        expires = datetime.now(UTC) + timedelta(hours=12)
        live = store.Session(got["AccessKeyId"], *secrets, expires, profile, phone.serial, None, key[store.ID])
        store.save(where, f"{profile}-mfa", live)


def alice_changes_her_password(situation: Situation) -> None:
    situation.reconcile("acme.yaml")
    iam = situation.sandbox.client("iam")
    old, new = "one-time-Passw0rd!", "A-passw0rd-for-alice!"
    iam.create_login_profile(UserName="alice", Password=old, PasswordResetRequired=True)
    situation.sandbox.clock.advance(60)  # a login profile that was just made cannot be modified yet
    situation.use_key_of("alice")
    situation.answers += [lambda: old, lambda: "Sh0rt-pwd", lambda: new, lambda: new]


def kim_in_an_enforced_sandbox(situation: Situation) -> None:
    listing = '{"Effect": "Allow", "Action": "s3:ListAllMyBuckets", "Resource": "*"}'
    situation.write("try.json", f'{{"Version": "2012-10-17", "Statement": [{listing}]}}')


def made_by_an_earlier_release(situation: Situation) -> None:
    situation.reconcile(situation.write("acme.yaml", SMALL.replace("audit:", "state:")))
    labels = {"TagSet": [{"Key": "awsbase:address", "Value": "bucket/acme-state"}]}
    situation.sandbox.client("s3", region="eu-west-1").put_bucket_tagging(Bucket="acme-state", Tagging=labels)
    situation.sandbox.clock.advance(60)


def with_a_plug_in(situation: Situation) -> None:
    """Put the plug-in of `examples/` where Python finds it, with the facts that pip would write."""
    installed = situation.folder.parent / "plug-in"
    facts = installed / "acme_repositories-1.0.dist-info"
    facts.mkdir(parents=True)
    (installed / "acme_repositories").symlink_to(ROOT / "examples/acme_repositories/acme_repositories")
    (facts / "METADATA").write_text("Metadata-Version: 2.1\nName: acme-repositories\nVersion: 1.0\n")
    (facts / "entry_points.txt").write_text("[awsbase.kinds]\nacme = acme_repositories:PLUGIN\n")
    situation.environment["PYTHONPATH"] += f":{installed}"
    page = (ROOT / "docs/extending.md").read_text(encoding="utf-8")
    situation.write("acme.yaml", re.findall(r"^```yaml\n(.*?)^```", page, re.MULTILINE | re.DOTALL)[0])


def in_a_clone(situation: Situation) -> None:
    (situation.folder / "man").symlink_to(ROOT / "man")


def with_the_section_ci(situation: Situation) -> None:
    page = (ROOT / "docs/pipeline.md").read_text(encoding="utf-8")
    section = re.findall(r"^```yaml\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)[0]
    account = 'version: 1\naccount: {id: "123456789012", name: acme, region: eu-west-1}\n'
    situation.write("acme.yaml", account + section)


def with_a_partner_token(situation: Situation) -> None:
    situation.reconcile("manifests/secrets.yaml")
    situation.write("partner.txt", "token\n")


SITUATIONS: dict[str, Callable[[Situation], None]] = {
    "": lambda situation: None,
    "in an empty folder": in_an_empty_folder,
    "in a clone": in_a_clone,
    "with the section ci of docs/pipeline.md": with_the_section_ci,
    "where the plug-in acme-repositories is installed": with_a_plug_in,
    "with the organization of three accounts": three_accounts,
    "with the accounts of a fleet": accounts_of_a_fleet,
    "as the tutorial does, step by step": in_an_empty_folder,
    "in the reconciled account": in_the_reconciled_account,
    "with a bastion, in the reconciled account": with_a_bastion,
    "where a role planner exists": with_a_role_planner,
    "where somebody changed the account by hand": changed_by_hand,
    "where an account was made by hand": made_by_hand,
    "where the password policy changed after the plan was approved": changed_after_the_approval,
    "where the bucket acme-audit is in another region": bucket_in_another_region,
    "where manifests/state-only.yaml is reconciled": lambda each: each.reconcile("manifests/state-only.yaml"),
    "where an earlier release made the bucket acme-state": made_by_an_earlier_release,
    "where manifests/secrets.yaml is reconciled": with_a_partner_token,
    "where bob has left": bob_has_left,
    "with a manifest of another account": manifest_of_another_account,
    "with a manifest full of mistakes": with_mistakes,
    "without credentials": without_credentials,
    "as bob": bob,
    "as alice, who has an MFA device": alice_with_a_device,
    "as alice, who has an MFA device and a live session": alice_with_a_session,
    "as alice, who has no MFA device yet": alice_without_a_device,
    "as alice, who has a keychain": alice_with_a_keychain,
    "as root, in an account where nobody else is": root_without_anybody,
    "where the key of the security topic is AWS's own": one_topic_with_a_key_of_aws,
    "as alice, who changes her password": alice_changes_her_password,
    "in an enforced sandbox, where kim may not create buckets": kim_in_an_enforced_sandbox,
}


@contextmanager
def situation(name: str, folder: Path) -> Iterator[Situation]:
    """Serve a sandbox, and write what the blocks of this situation expect to find."""
    work, home, programs = folder / "work", folder / "home", folder / "bin"
    for each in (work, home, programs):
        each.mkdir()
    awsbase = programs / "awsbase"
    awsbase.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m awsbase "$@"\n')
    awsbase.chmod(0o755)
    (work / "manifests").symlink_to(ROOT / "manifests")
    (work / "acme.yaml").write_text(ACME)

    sandbox = unhurried(Sandbox(enforce="enforced" in name))
    server = listen(sandbox)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    key = sandbox.key()
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "LC_", "NO_COLOR"))}
    environment = {
        **kept,
        "HOME": str(home),
        "LANG": "C.UTF-8",
        "TERM": "dumb",
        "PYTHONPATH": str(ROOT),
        "PATH": os.pathsep.join((str(programs), str(BIN), os.environ["PATH"])),
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_PAGER": "",
        "AWS_REGION": "eu-west-1",
        "AWS_DEFAULT_REGION": "eu-west-1",
        "AWS_ENDPOINT_URL": f"http://{server.host}:{server.port}",
        "AWS_ACCESS_KEY_ID": key.id,
        "AWS_SECRET_ACCESS_KEY": key.secret,
    }
    try:
        made = Situation(work, sandbox, environment)
        SITUATIONS[name](made)
        yield made
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
