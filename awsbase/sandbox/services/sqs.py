"""SQS: queues, and polls that never make anybody wait."""

from collections.abc import Iterator
from typing import Any

from awsbase.sandbox.authorization.permissions import act, arn, own, table
from awsbase.sandbox.service import Codes, Request, Rule, Service
from awsbase.sandbox.snapshot import by_region, document
from awsbase.sandbox.wire import Refusal

A_MINUTE = 60


class Deleted(dict[tuple[str, str], float]):
    """When each queue was deleted, by region and name."""


def note_deletion(request: Request) -> None:
    """Remember when a queue goes.

    https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_DeleteQueue.html
    """
    request.memory(Deleted)[request.region, queue_name(request)] = request.sandbox.clock.time()


def free_again(request: Request) -> None:
    """Refuse the name of a queue that was deleted less than a minute ago; raises Refusal.

    https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_CreateQueue.html
    """
    gone = request.memory(Deleted).get((request.region, request.params["QueueName"]))
    if gone is not None and request.sandbox.clock.time() - gone < A_MINUTE:
        raise Refusal(
            "AWS.SimpleQueueService.QueueDeletedRecently",
            "You must wait 60 seconds after deleting a queue before you can create another with the same name.",
        )


def poll_at_once(request: Request) -> None:
    """Answer a long poll at once: whoever waits moves the sandbox's clock.

    https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_ReceiveMessage.html
    """
    request.params["WaitTimeSeconds"] = 0


def queue_name(request: Request) -> str:
    """Return the name of the queue that a request is about."""
    return str(request.params.get("QueueName") or request.params["QueueUrl"].rpartition("/")[2])


def queue(request: Request) -> Iterator[str]:
    """Name the queue."""
    yield arn(request, f"sqs:{request.region}:{request.account}:{queue_name(request)}")


CALLS = table(
    {
        "ListQueues": [own()],
        "CreateQueue DeleteQueue GetQueueUrl GetQueueAttributes SetQueueAttributes": [own(queue)],
        "PurgeQueue ReceiveMessage DeleteMessage SendMessage": [own(queue)],
        "DeleteMessageBatch": [act("sqs:DeleteMessage", queue)],
        "SendMessageBatch": [act("sqs:SendMessage", queue)],
    }
)


def queues(sqs: Any) -> dict[str, Any]:
    """Return the queues of a region, by name."""
    return {
        queue.name: {
            "policy": document(queue.policy or ""),
            "messages": len(queue._messages),
            "fifo": queue.fifo_queue,
            "key": getattr(queue, "kms_master_key_id", ""),
            "tags": dict(queue.tags),
        }
        for queue in sqs.queues.values()
    }


SERVICE = Service(
    "sqs",
    rules=(
        Rule("sqs:CreateQueue", before=free_again),
        Rule("sqs:DeleteQueue", before=note_deletion, strict=False),
        Rule("sqs:ReceiveMessage", before=poll_at_once, strict=False),
    ),
    calls=CALLS,
    snapshot=by_region("sqs", queues),
    codes=Codes(invalid="InvalidParameterValue", denied=("AccessDenied", 403)),
)
