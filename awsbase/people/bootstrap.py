"""From root's access key to the first administrator, and then no access key of root's any more.

Nobody can do without root's key before somebody else has proved to be an administrator: the key goes last. Every step
looks first whether it was made already, so whatever interrupts the way, the next start goes on from there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import timedelta
from threading import Event
from typing import Any, TypeVar

from awsbase.aws import Aws
from awsbase.engine.account import Account, identify
from awsbase.engine.clock import Clock
from awsbase.engine.failures import failure
from awsbase.engine.wire import Wire
from awsbase.errors import AwsbaseError, LostReply, Refused
from awsbase.people import enrol, files, passwd, profiles, session, store
from awsbase.people.devices import Device
from awsbase.people.secret import Secret
from awsbase.people.session import Person
from awsbase.records import record

Answer = TypeVar("Answer")

MOST_KEYS = 2
# How old a key may be that an interrupted run made and lost.
LEFT_OVER = timedelta(hours=1)
# Seconds until a new key is known everywhere, and a deleted one nowhere.
PATIENCE = 120
PAUSE = 2.0
UNKNOWN = "InvalidClientTokenId"

# What an administrator can do and nobody else: asked of IAM before root's key goes, and never done.
RIGHTS = (
    "iam:CreateUser",
    "iam:AttachUserPolicy",
    "iam:AttachGroupPolicy",
    "iam:PutRolePolicy",
    "iam:CreatePolicyVersion",
    "iam:UpdateLoginProfile",
    "iam:DeactivateMFADevice",
    "iam:DeleteAccessKey",
    "s3:CreateBucket",
    "kms:CreateKey",
    "cloudtrail:CreateTrail",
)

ROOT_MFA = """root has no MFA device, and only root can make itself one:
  1  sign in as root (the account's e-mail address and password) in the console
  2  open the menu under the account's name: Security credentials, Multi-factor authentication, Assign MFA device
  3  register a passkey or security key, and a second one to fall back on
"""


@record
class Administrator:
    """Who becomes the first administrator, and the profile that the new access key is kept in."""

    user: str
    profile: str
    console: bool
    """Whether the manifest lets them sign in to the console: then they get a password."""


@record
class Scope:
    """Where it happens: the account seen with root's key, the person at the terminal, what is handed over how."""

    account: str
    """The account of the manifest."""
    root: Account
    administrator: Administrator
    region: str
    desk: enrol.Prompts
    person: Person
    make: Callable[[], None]
    """Makes the user, and all that the user leans on, as the manifest says."""
    open: Callable[[store.Session], Aws]
    """Opens the way to AWS with a session."""
    hand_over: Callable[[Secret], None]
    """Gives the administrator the one-time password."""
    all_keys: bool = False
    """Whether every access key of root's goes, and not only the one in use."""

    @property
    def clock(self) -> Clock:
        return self.desk.clock

    def tell(self, text: str) -> None:
        self.desk.tell(f"{text}\n")


def bootstrap(at: Scope) -> None:
    """Make the first administrator, prove that they are one, and delete root's access key; every step only once."""
    with advised(at):
        keys = look(at)
        at.make()
        access_key(at)
        device(at)
        password(at)
        administrator = prove(at)
        delete(at, keys)
        gone(at, administrator)
        remind(at, administrator)


def remind(at: Scope, administrator: Aws) -> None:
    """Say what is left for root itself."""
    if not administrator.iam.get_account_summary()["SummaryMap"].get("AccountMFAEnabled"):
        at.tell(f"needs you: {ROOT_MFA}")


def finished(at: Scope) -> bool:
    """Tell whether all was done before, as the administrator sees it: asked when root's key is refused."""
    held = files.read_credentials(at.person.files).get(at.administrator.profile, {})
    if not held.get(store.ID):
        return False
    with advised(at):
        administrator = prove(at)
        gone(at, administrator)
        remind(at, administrator)
    return True


@contextmanager
def advised(at: Scope) -> Iterator[None]:
    """Turn what AWS refuses on the way into advice."""
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        yield
    except (BotoCoreError, ClientError) as error:
        why = failure(error, at.root.caller)
        hint = why.hint or "an organization may forbid root what it needs; then let its management account do it"
        raise AwsbaseError(f"stopped: {why.code}: {why.message}", hint=f"{hint}; run it again to go on") from error


# Before anything is made.


def look(at: Scope) -> list[str]:
    """Refuse what should not be begun; return the ids of the keys that go in the end, the one in use last."""
    account = at.root
    if account.id != at.account:
        raise Refused(
            f"the manifest is for account {at.account}, but these credentials are for {account.id} ({account.caller})",
            hint="choose another profile with --profile, or the manifest of this account",
        )
    if not account.is_root:
        raise Refused(
            f"these are the credentials of {account.caller}, and not root's",
            hint="an account that has an administrator needs no bootstrap: `awsbase reconcile`",
        )
    if not account.long_term:
        raise Refused(
            "these are the credentials of a session of root's, and not an access key",
            hint="make an access key in the console as root, under Security credentials; it goes again in the end",
        )
    credentials: Any = account.aws.clients.session.get_credentials()
    mine: str = credentials.access_key
    others = [key for key in root_keys(account.aws) if key != mine]
    if others and not at.all_keys:
        used = "; ".join(last_use(account.aws, key) for key in others)
        raise Refused(
            f"root has another access key: {used}",
            hint="delete it in the console when nothing uses it any more, or let --all-keys delete it in the end",
        )
    files.check_writable(at.person.files)
    free(at, mine)
    return [*others, mine]


def root_keys(aws: Aws) -> list[str]:
    """Return the ids of root's access keys, as root sees them."""
    pages = aws.iam.get_paginator("list_access_keys").paginate()
    return [key["AccessKeyId"] for page in pages for key in page["AccessKeyMetadata"]]


def last_use(aws: Aws, key: str) -> str:
    """Say of a key when it was used last, and where."""
    used: Mapping[str, Any] = aws.iam.get_access_key_last_used(AccessKeyId=key).get("AccessKeyLastUsed", {})
    if "LastUsedDate" not in used:
        return f"{shown(key)}, never used"
    return f"{shown(key)}, last used {used['LastUsedDate']:%Y-%m-%d} for {used['ServiceName']}"


def shown(key: str) -> str:
    return f"…{key[-4:]}"


def free(at: Scope, root_key: str) -> None:
    """Refuse a profile that holds something else than the administrator's key."""
    profile = at.administrator.profile
    held = files.read_credentials(at.person.files).get(profile, {})
    if held.get(store.ID) == root_key:
        raise Refused(
            f"profile {profile} holds root's own access key",
            hint="choose the administrator's with --as",
        )
    if held.get(store.TOKEN):
        raise Refused(f"profile {profile} holds a session", hint="choose another profile with --as")
    store.check_free(profile, {}, files.read_config(at.person.files).get(profile, {}))


# What the administrator gets.


def access_key(at: Scope) -> None:
    """Let the administrator have an access key in their profile: the one that is there, or a new one."""
    who = at.administrator
    held = files.read_credentials(at.person.files).get(who.profile, {}).get(store.ID)
    there = user_keys(at)
    if held:
        if held not in there or there[held]["Status"] != "Active":
            state = "switched off" if held in there else f"not one of {who.user}"
            raise Refused(
                f"the access key {shown(held)} in profile {who.profile} is {state}",
                hint=f"choose another profile with --as, or remove the profile from {at.person.files.credentials}",
            )
        home(at)
        return
    for again in (True, False):
        make_room(at, there)
        try:
            made = at.root.aws.iam.create_access_key(UserName=who.user)["AccessKey"]
            break
        except LostReply:
            # The answer held the secret: the key, if it was made, is of no use to anybody.
            if not again:
                raise AwsbaseError("AWS's answer was lost twice", hint="check the network, then run it again") from None
            there = user_keys(at)
    keep = {store.ID: made["AccessKeyId"], store.SECRET: made["SecretAccessKey"]}
    files.write_credentials(at.person.files, who.profile, keep)
    home(at)
    at.tell(f"{who.user} has the access key {shown(made['AccessKeyId'])}, in profile {who.profile}")


def home(at: Scope) -> None:
    """Let the administrator's profile have a region."""
    profile = at.administrator.profile
    if "region" not in files.read_config(at.person.files).get(profile, {}):
        files.write_config(at.person.files, profile, {"region": at.region})


def user_keys(at: Scope) -> dict[str, Mapping[str, Any]]:
    """Return the administrator's access keys as AWS lists them: status, date."""
    pages = at.root.aws.iam.get_paginator("list_access_keys").paginate(UserName=at.administrator.user)
    return {key["AccessKeyId"]: key for page in pages for key in page["AccessKeyMetadata"]}


def make_room(at: Scope, there: Mapping[str, Mapping[str, Any]]) -> None:
    """Delete young keys that nobody ever used: left over when an answer, or the run that got it, was lost.

    AWS tells of a key's use some hours late, so an older one may be at work somewhere: that one stays.
    """
    iam, user = at.root.aws.iam, at.administrator.user
    young = [key for key, known in there.items() if at.clock.now() - known["CreateDate"] < LEFT_OVER]
    unused = [
        key
        for key in young
        if "LastUsedDate" not in iam.get_access_key_last_used(AccessKeyId=key).get("AccessKeyLastUsed", {})
    ]
    for key in unused:
        iam.delete_access_key(UserName=user, AccessKeyId=key)
        at.tell(f"{user} had the access key {shown(key)}, which nobody ever used: deleted it")
    if len(there) - len(unused) >= MOST_KEYS:
        raise Refused(
            f"{user} has {MOST_KEYS} access keys, and AWS takes no more",
            hint=f"delete one of them, or write one into the profile {at.administrator.profile}",
        )


def device(at: Scope) -> None:
    """Let the administrator have an MFA device, enrolled as `mfa create` does, and known to their profile."""
    who = at.administrator
    have: Sequence[Device] = [device for device in enrol.described(at.desk, who.user) if device.gives_codes]
    if not have:
        at.tell(f"now the MFA device of {who.user}")
        have = [enrol.enrol(at.desk, who.user, who.user)]
        at.tell(f"{have[0].serial} is enabled for {who.user}")
    noted = files.read_config(at.person.files).get(who.profile, {}).get("mfa_serial")
    if noted not in {device.serial for device in have}:
        files.write_config(at.person.files, who.profile, {"mfa_serial": have[0].serial})


def password(at: Scope) -> None:
    """Hand over a one-time password, if the manifest lets the administrator into the console and nobody has one."""
    from botocore.exceptions import ClientError

    who, iam = at.administrator, at.root.aws.iam
    if not who.console:
        return
    try:
        waiting = iam.get_login_profile(UserName=who.user)["LoginProfile"].get("PasswordResetRequired", False)
    except ClientError as error:
        if error.response["Error"]["Code"] != "NoSuchEntity":
            raise
        waiting = True
    # One that was set and never used may have been handed to nobody: who can tell after an interruption?
    if waiting and "PasswordLastUsed" not in iam.get_user(UserName=who.user)["User"]:
        desk = passwd.Prompts(at.root, at.clock, at.desk.ask, at.desk.tell)
        passwd.reset(desk, who.user, once=True, hand_over=at.hand_over)


# The proof.


def prove(at: Scope) -> Aws:
    """Get a session with MFA as the administrator, and show that it is one; return the way to AWS with it."""
    who = at.administrator
    at.tell(f"now the proof that {who.user} works: a session with MFA, from the new access key")
    source = profiles.find(at.person.files, who.profile, {})
    eventually(at, lambda: at.person.connect(source, at.region).sts.get_caller_identity(), still=(UNKNOWN,))
    # Always with a code: a session from before would not show that the device is at hand.
    wanted = session.SessionRequest(profile=who.profile, region=at.region, force=True)
    held = session.refresh(wanted, at.person)
    aws = at.open(held.session)
    account = identify(aws, Wire())
    if account.id != at.account or account.user != who.user:
        raise Refused(
            f"the keys in profile {who.profile} are those of {account.caller}, and not of {who.user}",
            hint="choose another profile with --as",
        )
    simulated = rights(aws, account.caller)
    if refused := [action for action, decision in simulated.items() if decision != "allowed"]:
        raise Refused(
            f"{who.user} is no administrator: {', '.join(refused)} would be refused",
            hint="give one of their groups awsbase:administrator in the manifest; root's access key stays until then",
        )
    at.tell(f"{who.user} works: signed in with MFA, and allowed what an administrator does")
    return aws


def rights(aws: Aws, arn: str) -> dict[str, str]:
    """Return what IAM decides about each of an administrator's rights, asked with the administrator's own session."""
    with_mfa: Any = {
        "ContextKeyName": "aws:MultiFactorAuthPresent",
        "ContextKeyValues": ["true"],
        "ContextKeyType": "boolean",
    }
    pages = aws.iam.get_paginator("simulate_principal_policy").paginate(
        PolicySourceArn=arn, ActionNames=list(RIGHTS), ContextEntries=[with_mfa]
    )
    decided = {
        result["EvalActionName"]: str(result["EvalDecision"]) for page in pages for result in page["EvaluationResults"]
    }
    return {action: decided.get(action, "unknown") for action in RIGHTS}


# The end of root's key.


def delete(at: Scope, keys: Sequence[str]) -> None:
    """Delete root's access keys; the one that does it goes last."""
    from botocore.exceptions import ClientError

    for key in keys:
        try:
            at.root.aws.iam.delete_access_key(AccessKeyId=key)
        except ClientError as error:
            # botocore sent it again after a lost answer: then the key is gone already, or signs for nobody any more.
            if error.response["Error"]["Code"] not in ("NoSuchEntity", UNKNOWN):
                raise enrol.refused(at.root, error, f"delete root's access key {shown(key)}") from error
        at.tell(f"root's access key {shown(key)} is deleted")


def gone(at: Scope, administrator: Aws) -> None:
    """Show that root has no access key any more: AWS counts none, and refuses the one that was used."""
    for _ in waits(at):
        if not administrator.iam.get_account_summary()["SummaryMap"]["AccountAccessKeysPresent"]:
            break
    else:
        raise AwsbaseError(
            "AWS still counts an access key of root's", hint="run it again in some minutes; --all-keys deletes others"
        )
    for _ in waits(at):
        if refused(at.root.aws):
            break
    else:
        raise AwsbaseError("root's access key is deleted, but AWS still takes it", hint="run it again in some minutes")
    at.tell("root has no access key any more: AWS counts none, and refuses the old one")


def refused(aws: Aws) -> bool:
    """Tell whether AWS does not know these keys any more."""
    from botocore.exceptions import ClientError

    try:
        aws.sts.get_caller_identity()
    except ClientError as error:
        if error.response["Error"]["Code"] != UNKNOWN:
            raise
        return True
    return False


def eventually(at: Scope, call: Callable[[], Answer], *, still: Sequence[str]) -> Answer:
    """Make a call until AWS does not answer it with one of these codes any more."""
    from botocore.exceptions import ClientError

    last: ClientError | None = None
    for _ in waits(at):
        try:
            return call()
        except ClientError as error:
            if error.response["Error"]["Code"] not in still:
                raise
            last = error
    assert last is not None
    raise last


def waits(at: Scope) -> Iterator[None]:
    """Yield at once, and then after each pause, until the patience is over."""
    started = at.clock.now()
    yield
    while (at.clock.now() - started).total_seconds() < PATIENCE:
        at.clock.sleep(PAUSE, Event())
        yield
