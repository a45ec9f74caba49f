"""STS: a role is assumed by who may and whom it trusts; the rest asks nobody."""

from awsbase.sandbox.authorization.calls.call import act, given, own, table

ROLE = given("RoleArn")
KEYS = {"sts:ExternalId": "ExternalId", "sts:RoleSessionName": "RoleSessionName"}

CALLS = table(
    {
        # Even an explicit Deny does not keep a user from these.
        "GetCallerIdentity GetSessionToken": [],
        "AssumeRole": [
            own(ROLE, keys=KEYS),
            act("sts:TagSession", ROLE, keys=KEYS, when="Tags"),
            act("sts:SetSourceIdentity", ROLE, keys={"sts:SourceIdentity": "SourceIdentity"}, when="SourceIdentity"),
        ],
    }
)
