"""What the function does for one account: reads its item, carries it out, and keeps the result."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Mapping
from typing import Any

from awsbase.errors import UsageError
from awsbase.fleet.item import Item, read_item
from awsbase.fleet.results import Result, failure
from awsbase.fleet.work import work

# Seconds before Lambda ends the function in which the account's lock is given back, and the result kept.
SPARE = 30.0

Work = Callable[[Item, threading.Event], Result]


class AccountFailed(Exception):
    """Something is wrong with an account. The map counts it among the failed ones, and a redrive restarts it."""


def handle(event: Mapping[str, Any], context: Any) -> dict[str, str]:
    """Carry out the item that an event of the state machine names; Lambda calls this. Raises AccountFailed."""
    import boto3

    seconds = context.get_remaining_time_in_millis() / 1000 - SPARE
    return carry_out(event, boto3.client("s3"), lambda item, stop: work(item, stop=stop), seconds)


def carry_out(event: Mapping[str, Any], s3: Any, unit: Work, seconds: float) -> dict[str, str]:
    """Carry out an item within so many seconds and keep its result as an object. Raises AccountFailed.

    It can be called again at any time: the item is the same, and the last result is the one that counts.
    """
    bucket, where = event["bucket"], event["item"]
    item = read_item(json.loads(s3.get_object(Bucket=bucket, Key=where["key"])["Body"].read()))
    if (item.run, item.id) != (event["run"], where["id"]):
        raise UsageError(f"the item of {item.account} is not the one that {event['run']} is about")
    stop = threading.Event()
    timer = threading.Timer(max(seconds, 0), stop.set)
    timer.daemon = True
    timer.start()
    try:
        result = unit(item, stop)
    finally:
        timer.cancel()
    if stop.is_set() and result.failing:
        result = failure(item, "failed", f"not done within {seconds:.0f} seconds", "retry it, or give it more minutes")
    body = json.dumps(result.document(), ensure_ascii=False).encode("utf-8", "backslashreplace")
    s3.put_object(Bucket=bucket, Key=where["result"], Body=body, ContentType="application/json")
    if result.failing:
        raise AccountFailed(f"{result.account}: {result.status}: {result.message or 'see its result'}")
    return {"account": result.account, "status": result.status}
