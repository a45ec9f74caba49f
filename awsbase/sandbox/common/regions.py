"""The regions of the account's partition: seventeen are always on, newer ones once somebody opts in.

https://docs.aws.amazon.com/accounts/latest/reference/manage-acct-regions.html
"""

from awsbase.sandbox.service import Request, Rule, unknown_key

ALWAYS_ON = frozenset(
    """
    ap-northeast-1 ap-northeast-2 ap-northeast-3 ap-south-1 ap-southeast-1 ap-southeast-2 ca-central-1 eu-central-1
    eu-north-1 eu-west-1 eu-west-2 eu-west-3 sa-east-1 us-east-1 us-east-2 us-west-1 us-west-2
    cn-north-1 cn-northwest-1 us-gov-east-1 us-gov-west-1
    """.split()  # noqa: SIM905, twenty-one lines would not read better
)


def status(request: Request, region: str) -> str:
    """Return whether the account has a region, in AWS's words."""
    if region in ALWAYS_ON:
        return "opt-in-not-required"
    return "opted-in" if region in request.sandbox.opted_in else "not-opted-in"


def only_where_on(request: Request) -> None:
    """Refuse whatever is asked of a region that is off: its credentials are unknown there; raises Refusal.

    https://docs.aws.amazon.com/accounts/latest/reference/manage-acct-regions.html
    """
    if request.declared.opt_in and status(request, request.region) == "not-opted-in":
        raise unknown_key(request.declared)


RULES = (Rule("*", before=only_where_on),)
