"""Lifecycle rules of S3 that move objects and old versions to colder classes: when they may."""

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

from awsbase.sandbox.service import Request, Rule
from awsbase.sandbox.wire import Refusal

WATERFALL = ("STANDARD_IA", "INTELLIGENT_TIERING", "ONEZONE_IA", "GLACIER_IR", "GLACIER", "DEEP_ARCHIVE")
INFREQUENT = ("STANDARD_IA", "ONEZONE_IA")
MONTH = 30
MOST_VERSIONS = 100


def in_order(request: Request) -> None:
    """Refuse moves that are too soon, too close, backwards, or of what is gone by then, and too many versions kept.

    Raises Refusal with InvalidArgument.

    https://docs.aws.amazon.com/AmazonS3/latest/userguide/lifecycle-transition-general-considerations.html
    """
    for rule in request.params["LifecycleConfiguration"]["Rules"]:
        gone = rule.get("Expiration", {}).get("Days")
        check(rule.get("Transitions", []), "Days", "Transition", gone)
        old = rule.get("NoncurrentVersionExpiration", {})
        moves = rule.get("NoncurrentVersionTransitions", [])
        check(moves, "NoncurrentDays", "NoncurrentVersionTransition", old.get("NoncurrentDays"))
        for counted in (old, *moves):
            if not 1 <= counted.get("NewerNoncurrentVersions", 1) <= MOST_VERSIONS:
                message = "'NewerNoncurrentVersions' must be a positive integer of at most 100"
                raise Refusal("InvalidArgument", message, 400)
        if "NewerNoncurrentVersions" in old and "NoncurrentDays" not in old:
            raise Refusal("InvalidArgument", "'NoncurrentDays' must be given with 'NewerNoncurrentVersions'", 400)


def check(moves: Sequence[Mapping[str, Any]], days: str, action: str, gone: int | None) -> None:
    """Refuse moves of objects, or of old versions; raises Refusal with InvalidArgument."""
    dated = sorted((move for move in moves if days in move), key=lambda move: WATERFALL.index(move["StorageClass"]))
    for move in dated:
        if move["StorageClass"] in INFREQUENT and move[days] < MONTH:
            message = f"'{days}' in {action} action must be greater than or equal to 30 for storageClass "
            raise Refusal("InvalidArgument", f"{message}'{move['StorageClass']}'", 400)
        if gone is not None and move[days] >= gone:
            message = f"'Days' in the Expiration action must be greater than '{days}' in the {action} action"
            raise Refusal("InvalidArgument", message, 400)
    for warm, cold in pairwise(dated):
        apart = MONTH if warm["StorageClass"] in INFREQUENT else 1
        if cold[days] < warm[days] + apart:
            message = f"'{days}' in the {action} action for StorageClass '{cold['StorageClass']}' must be {apart} days "
            raise Refusal("InvalidArgument", f"{message}more than that for '{warm['StorageClass']}'", 400)


RULES = (Rule("s3:PutBucketLifecycleConfiguration", before=in_order),)
