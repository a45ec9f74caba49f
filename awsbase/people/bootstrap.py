"""Bootstrap of an account: create the first administrator with root's access key, then delete that key.

Root's key is needed until another administrator is proven to work, so it is deleted last. Each step checks whether it
is done already, so an interrupted run continues when it is started again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import timedelta
from functools import partial
from typing import Any

from awsbase.aws import Aws
from awsbase.engine.account import Account, identify
from awsbase.engine.clock import Clock
from awsbase.engine.failures import failure
from awsbase.engine.wire import Wire
from awsbase.errors import AwsbaseError, LostReply, Refused
from awsbase.people import enrol, file_writing, files, live_session, passwd, profiles, session, store
from awsbase.people import keys as access_keys
from awsbase.people.devices import Device, of_user
from awsbase.people.keys import MAX_KEYS, masked
from awsbase.people.patience import UNKNOWN_KEYS, pauses, retry_while, wait_until
from awsbase.people.secret import Secret
from awsbase.people.session import Person
from awsbase.records import record

# The highest age of a key that is assumed to come from an interrupted run.
LEFT_OVER = timedelta(hours=1)
UNKNOWN_KEY = "InvalidClientTokenId"
NEW_USER = ("NoSuchEntity",)

# Actions that only administrators can take. IAM simulates them before root's key is deleted.
REQUIRED_ACTIONS = (
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

ROOT_MFA = """root has no MFA device, and only root can register one:
  1  sign in as root (the account's e-mail address and password) in the console
  2  open the menu under the account's name: Security credentials, Multi-factor authentication, Assign MFA device
  3  register a passkey or security key, and a second one as a backup
"""


@record
class Administrator:
    """The first administrator, and the profile that stores the new access key."""

    user: str
    profile: str
    console: bool
    """Whether the manifest allows console sign-in: then they get a password."""


@record
class BootstrapContext:
    """What the bootstrap works with: the account as root, the person at the terminal, and the ways to act."""

    account: str
    """The account of the manifest."""
    root: Account
    administrator: Administrator
    region: str
    prompts: enrol.Prompts
    person: Person
    make: Callable[[], None]
    """Creates the user, and everything that the user depends on, as in the manifest."""
    open: Callable[[store.Session], Aws]
    """Returns a connection to AWS with a session."""
    hand_over: Callable[[Secret], None]
    """Gives the administrator the one-time password."""
    all_keys: bool = False
    """Whether to delete every access key of root, and not only the one in use."""

    @property
    def clock(self) -> Clock:
        return self.prompts.clock

    def tell(self, text: str) -> None:
        """Show a line of text to the person."""
        self.prompts.tell(f"{text}\n")


def bootstrap(context: BootstrapContext) -> None:
    """Create the first administrator, prove that they have access, and delete root's key; skip finished steps."""
    with explain_refusals(context):
        keys = check_preconditions(context)
        context.make()
        ensure_access_key(context)
        ensure_device(context)
        ensure_password(context)
        administrator = prove_administrator(context)
        delete_root_keys(context, keys)
        confirm_no_root_keys(context, administrator)
        report_root_mfa(context, administrator)


def report_root_mfa(context: BootstrapContext, administrator: Aws) -> None:
    """Tell the person if root still needs an MFA device."""
    if not administrator.iam.get_account_summary()["SummaryMap"].get("AccountMFAEnabled"):
        context.tell(f"needs you: {ROOT_MFA}")


def finished(context: BootstrapContext) -> bool:
    """Tell whether an earlier run finished, as the administrator sees it; used when AWS refuses root's key."""
    stored = files.read_credentials(context.person.files).get(context.administrator.profile, {})
    if not stored.get(store.ID):
        return False
    with explain_refusals(context):
        administrator = prove_administrator(context)
        confirm_no_root_keys(context, administrator)
        report_root_mfa(context, administrator)
    return True


@contextmanager
def explain_refusals(context: BootstrapContext) -> Iterator[None]:
    """Raise AwsbaseError with advice for any error of AWS in the block."""
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        yield
    except (BotoCoreError, ClientError) as error:
        problem = failure(error, context.root.caller)
        hint = problem.hint or "an organization may deny root these actions; then use its management account"
        raise AwsbaseError(
            f"stopped: {problem.code}: {problem.message}", hint=f"{hint}; run it again to continue"
        ) from error


# Before the first change.


def check_preconditions(context: BootstrapContext) -> list[str]:
    """Return the ids of root's keys to delete at the end, the one in use last.

    Raises Refused when the credentials are not root's access key of this account, when root has other keys, or when the
    profile is taken.
    """
    account = context.root
    if account.id != context.account:
        raise Refused(
            f"the manifest is for account {context.account}, "
            f"but these credentials are for {account.id} ({account.caller})",
            hint="choose another profile with --profile, or the manifest of this account",
        )
    if not account.is_root:
        raise Refused(
            f"these are the credentials of {account.caller}, not of root",
            hint="an account that has an administrator needs no bootstrap: `awsbase reconcile`",
        )
    if not account.long_term:
        raise Refused(
            "these are the credentials of a root session, not an access key",
            hint="create an access key in the console as root, under Security credentials; it is deleted at the end",
        )
    credentials: Any = account.aws.clients.session.get_credentials()
    own_key: str = credentials.access_key
    listed = access_keys.of_user(account.aws)
    others = [key["AccessKeyId"] for key in listed if key["AccessKeyId"] != own_key]
    if others and not context.all_keys:
        used = "; ".join(last_use(account.aws, key) for key in others)
        raise Refused(
            f"root has another access key: {used}",
            hint="delete it in the console when nothing uses it any more, or with --all-keys at the end",
        )
    file_writing.check_writable(context.person.files)
    check_profile(context, own_key)
    return [*others, own_key]


def last_use(aws: Aws, key: str) -> str:
    """Return a text about when, and for which service, a key was last used."""
    used = access_keys.last_use(aws, key)
    if "LastUsedDate" not in used:
        return f"{masked(key)}, never used"
    return f"{masked(key)}, last used {used['LastUsedDate']:%Y-%m-%d} for {used['ServiceName']}"


def check_profile(context: BootstrapContext, root_key: str) -> None:
    """Check the administrator's profile; raises Refused when it holds root's key or a session."""
    profile = context.administrator.profile
    stored = files.read_credentials(context.person.files).get(profile, {})
    if stored.get(store.ID) == root_key:
        raise Refused(
            f"profile {profile} holds root's own access key",
            hint="choose the administrator's profile with --as",
        )
    if stored.get(store.TOKEN):
        raise Refused(f"profile {profile} holds a session", hint="choose another profile with --as")
    store.check_free(profile, {}, files.read_config(context.person.files).get(profile, {}))


# The administrator's credentials.


def ensure_access_key(context: BootstrapContext) -> None:
    """Make sure that the administrator's profile has an access key; create one if needed.

    Raises Refused when the profile holds another key, and AwsbaseError when AWS's response is lost twice.
    """
    who = context.administrator
    stored = files.read_credentials(context.person.files).get(who.profile, {}).get(store.ID)
    keys = wait_until(
        context.clock,
        lambda: retry_while(context.clock, lambda: user_keys(context), transient=NEW_USER),
        lambda listed: not stored or stored in listed,
    )
    if stored:
        if stored not in keys or keys[stored]["Status"] != "Active":
            state = "switched off" if stored in keys else f"not one of {who.user}"
            raise Refused(
                f"the access key {masked(stored)} in profile {who.profile} is {state}",
                hint=f"choose another profile with --as, or remove the profile from {context.person.files.credentials}",
            )
        ensure_region(context)
        return
    for again in (True, False):
        delete_unused_keys(context, keys)
        try:
            create = partial(context.root.aws.iam.create_access_key, UserName=who.user)
            made = retry_while(context.clock, create, transient=NEW_USER)["AccessKey"]
            break
        except LostReply:
            # The response had the secret. If AWS created the key, it is useless now.
            if not again:
                raise AwsbaseError(
                    "the response of AWS was lost twice", hint="check the network, then run it again"
                ) from None
            keys = wait_until(context.clock, lambda: user_keys(context), partial(has_new_key, frozenset(keys)))
    keep = {store.ID: made["AccessKeyId"], store.SECRET: made["SecretAccessKey"]}
    file_writing.write_credentials(context.person.files, who.profile, keep)
    ensure_region(context)
    context.tell(f"{who.user} has the access key {masked(made['AccessKeyId'])}, in profile {who.profile}")


def ensure_region(context: BootstrapContext) -> None:
    """Make sure that the administrator's profile has a region."""
    profile = context.administrator.profile
    if "region" not in files.read_config(context.person.files).get(profile, {}):
        file_writing.write_config(context.person.files, profile, {"region": context.region})


def user_keys(context: BootstrapContext) -> dict[str, Mapping[str, Any]]:
    """Return the administrator's access keys by id, as AWS lists them."""
    return {key["AccessKeyId"]: key for key in access_keys.of_user(context.root.aws, context.administrator.user)}


def has_new_key(known: frozenset[str], keys: Mapping[str, Mapping[str, Any]]) -> bool:
    """Tell whether a list of keys has one that was not known."""
    return bool(keys.keys() - known)


def delete_unused_keys(context: BootstrapContext, keys: Mapping[str, Mapping[str, Any]]) -> None:
    """Delete unused keys of the last hour, which an interrupted run left behind.

    AWS reports the use of a key some hours late, so an older key may be in use and is kept. Raises Refused when there
    is no room for another key.
    """
    aws, user = context.root.aws, context.administrator.user
    recent = [key for key, known in keys.items() if context.clock.now() - known["CreateDate"] < LEFT_OVER]
    unused = [key for key in recent if "LastUsedDate" not in access_keys.last_use(aws, key)]
    for key in unused:
        aws.iam.delete_access_key(UserName=user, AccessKeyId=key)
        context.tell(f"deleted the access key {masked(key)} of {user}, which was never used")
    if len(keys) - len(unused) >= MAX_KEYS:
        raise Refused(
            f"{user} has {MAX_KEYS} access keys, the limit of AWS",
            hint=f"delete one of them, or store one in the profile {context.administrator.profile}",
        )


def ensure_device(context: BootstrapContext) -> None:
    """Make sure that the administrator has an MFA device, and that their profile names it."""
    who = context.administrator
    listed = retry_while(context.clock, lambda: of_user(context.root.aws, who.user), transient=NEW_USER)
    have: Sequence[Device] = [device for device in listed if device.gives_codes]
    if not have:
        context.tell(f"now the MFA device of {who.user}")
        have = [enrol.enrol(context.prompts, who.user, who.user)]
        context.tell(f"{have[0].serial} is enabled for {who.user}")
    configured = files.read_config(context.person.files).get(who.profile, {}).get("mfa_serial")
    if configured not in {device.serial for device in have}:
        file_writing.write_config(context.person.files, who.profile, {"mfa_serial": have[0].serial})


def ensure_password(context: BootstrapContext) -> None:
    """Hand over a one-time password if the manifest allows console sign-in and no password was used yet."""
    from botocore.exceptions import ClientError

    who, iam = context.administrator, context.root.aws.iam
    if not who.console:
        return
    try:
        needs_password = iam.get_login_profile(UserName=who.user)["LoginProfile"].get("PasswordResetRequired", False)
    except ClientError as error:
        if access_keys.code_of(error) != "NoSuchEntity":
            raise
        needs_password = True
    # A password that was never used may not have reached anyone, if a run was interrupted.
    get_user = partial(iam.get_user, UserName=who.user)
    if needs_password and "PasswordLastUsed" not in retry_while(context.clock, get_user, transient=NEW_USER)["User"]:
        prompts = passwd.Prompts(context.root, context.clock, context.prompts.ask, context.prompts.tell)
        passwd.reset(prompts, who.user, once=True, hand_over=context.hand_over)


# The proof.


def prove_administrator(context: BootstrapContext) -> Aws:
    """Return a connection with an MFA session of the administrator, after checking their permissions.

    Raises Refused when the keys belong to someone else or do not have an administrator's permissions.
    """
    who = context.administrator
    context.tell(f"now checking that {who.user} can sign in: a session with MFA, from the new access key")
    source = profiles.find(context.person.files, who.profile, {})
    retry_while(
        context.clock,
        lambda: context.person.connect(source, context.region).sts.get_caller_identity(),
        transient=UNKNOWN_KEYS,
    )
    # Always ask for a code: an earlier session would not prove that the device is available.
    request = live_session.SessionRequest(profile=who.profile, region=context.region, force=True)
    stored = session.refresh(request, context.person)
    aws = context.open(stored.session)
    account = identify(aws, Wire())
    if account.id != context.account or account.user != who.user:
        raise Refused(
            f"the keys in profile {who.profile} are those of {account.caller}, not of {who.user}",
            hint="choose another profile with --as",
        )
    # STS knows the new key; IAM learns of it, of the user and of the group's policies by itself.
    refused = wait_until(
        context.clock,
        lambda: retry_while(
            context.clock, lambda: refused_actions(aws, account.caller), transient=(*UNKNOWN_KEYS, *NEW_USER)
        ),
        lambda seen: not seen,
    )
    if refused:
        raise Refused(
            f"{who.user} is not an administrator: IAM would refuse {', '.join(refused)}",
            hint="give one of their groups awsbase:administrator in the manifest; until then root's access key is kept",
        )
    context.tell(f"{who.user} is signed in with MFA and has an administrator's permissions")
    return aws


def refused_actions(aws: Aws, arn: str) -> list[str]:
    """Return the required actions that IAM's simulation does not allow, asked with the administrator's own session."""
    with_mfa: Any = {
        "ContextKeyName": "aws:MultiFactorAuthPresent",
        "ContextKeyValues": ["true"],
        "ContextKeyType": "boolean",
    }
    pages = aws.iam.get_paginator("simulate_principal_policy").paginate(
        PolicySourceArn=arn, ActionNames=list(REQUIRED_ACTIONS), ContextEntries=[with_mfa]
    )
    results = [result for page in pages for result in page["EvaluationResults"]]
    allowed = {result["EvalActionName"] for result in results if result["EvalDecision"] == "allowed"}
    return [action for action in REQUIRED_ACTIONS if action not in allowed]


# The deletion of root's key.


def delete_root_keys(context: BootstrapContext, keys: Sequence[str]) -> None:
    """Delete root's access keys, the one in use last; raises AwsbaseError when AWS refuses."""
    from botocore.exceptions import ClientError

    for key in keys:
        try:
            context.root.aws.iam.delete_access_key(AccessKeyId=key)
        except ClientError as error:
            # botocore retried after a lost response: then the key is deleted already.
            if access_keys.code_of(error) not in ("NoSuchEntity", UNKNOWN_KEY):
                raise enrol.explained(context.root, error, f"delete root's access key {masked(key)}") from error
        context.tell(f"root's access key {masked(key)} is deleted")


def confirm_no_root_keys(context: BootstrapContext, administrator: Aws) -> None:
    """Check that AWS counts no access key of root and refuses the old one; raises AwsbaseError if not."""
    for _ in pauses(context.clock):
        if not administrator.iam.get_account_summary()["SummaryMap"]["AccountAccessKeysPresent"]:
            break
    else:
        raise AwsbaseError(
            "AWS still counts an access key of root", hint="run it again in some minutes; --all-keys deletes others"
        )
    for _ in pauses(context.clock):
        if is_refused(context.root.aws):
            break
    else:
        raise AwsbaseError(
            "root's access key is deleted, but AWS still accepts it", hint="run it again in some minutes"
        )
    context.tell("root has no access key any more: AWS counts none, and refuses the old one")


def is_refused(aws: Aws) -> bool:
    """Tell whether AWS refuses these keys as unknown; passes on any other error."""
    from botocore.exceptions import ClientError

    try:
        aws.sts.get_caller_identity()
    except ClientError as error:
        if access_keys.code_of(error) != UNKNOWN_KEY:
            raise
        return True
    return False
