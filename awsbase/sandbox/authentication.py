"""Who signed a request: the administrator, somebody with a key that was handed out, a user or a session of moto's."""

import re
from dataclasses import replace

from awsbase.sandbox import wire
from awsbase.sandbox.callers import ADMINISTRATOR_KEY, Caller, administrator_key
from awsbase.sandbox.moto_state import partition_of
from awsbase.sandbox.propagation import KEY_SECONDS, Propagation
from awsbase.sandbox.service import AccountState, unknown_key
from awsbase.sandbox.wire import Refusal, Scope

# What looks like a key of AWS must be somebody's; any other word is the administrator's.
REAL_KEY = re.compile(r"A[KS]IA[A-Z0-9]{16}")


def who_signed(sandbox: AccountState, scope: Scope) -> Caller:
    """Return whose key signed a request, in the partition that it was sent to.

    A key that once was and is gone is nobody's. Raises Refusal.
    """
    return replace(_owner(sandbox, scope), partition=partition_of(scope.region))


def _owner(sandbox: AccountState, scope: Scope) -> Caller:
    callers = sandbox.callers
    if scope.access_key in (ADMINISTRATOR_KEY, administrator_key(sandbox.account)):
        return callers.administrator()
    if known := callers.keys.get(scope.access_key):
        if sandbox.strict:
            _must_be_live(sandbox, known, scope)
        return known
    iam = sandbox.backend("iam", scope.region)
    created = iam.access_keys.get(scope.access_key)
    if created and created.role_arn:
        sessions = sandbox.backend("sts", scope.region).assumed_roles
        name = next((s.session_name for s in sessions if s.access_key_id == scope.access_key), "session")
        role = created.role_arn.split("/")[-1]
        return Caller("role", role, sandbox.account, session=name, temporary=True)
    if created and created.status == "Active":
        now, spread = sandbox.clock.time(), sandbox.memory(Propagation)
        if sandbox.strict and spread.unknown_to(scope.service, scope.access_key, now, KEY_SECONDS):
            raise unknown_key(sandbox.services.find(scope.service))
        callers.issued.add(scope.access_key)
        return Caller("user", created.user_name, sandbox.account, path=iam.users[created.user_name].path)
    stranger = sandbox.strict and REAL_KEY.fullmatch(scope.access_key)
    if created or stranger or scope.access_key in callers.issued:
        raise unknown_key(sandbox.services.find(scope.service))
    return callers.administrator()


def _must_be_live(sandbox: AccountState, caller: Caller, scope: Scope) -> None:
    """Refuse the key of a session that is over, or that comes without the session's token."""
    token = sandbox.callers.tokens.get(scope.access_key, "")
    if token and scope.token != token:
        raise Refusal("InvalidClientTokenId", "The security token included in the request is invalid", 403)
    if caller.expires and sandbox.clock() >= caller.expires:
        code = "ExpiredToken" if wire.answers_in_xml(scope.service) else "ExpiredTokenException"
        raise Refusal(code, "The security token included in the request is expired", 403)
