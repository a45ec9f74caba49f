"""Samples of repositories."""

from awsbase.ensure.repository import Repository
from awsbase.sandbox import Sandbox
from tests.contract.sample import HOME, Sample, Tampering

REPOSITORY = Repository(scope=HOME, name="acme", title="Acme")


def retitle(aws: Sandbox) -> None:
    """Give it another title by hand."""
    aws.client("sns", HOME.region).set_topic_attributes(
        TopicArn=REPOSITORY.arn, AttributeName="DisplayName", AttributeValue="Other"
    )


SAMPLES = (
    Sample(
        "repositories",
        [REPOSITORY],
        tamperings={
            "another title": Tampering(retitle, [f"{REPOSITORY.address}: update title"]),
            "deleted": Tampering(
                lambda aws: aws.client("sns", HOME.region).delete_topic(TopicArn=REPOSITORY.arn),
                [f"{REPOSITORY.address}: create repository", f"{REPOSITORY.address}: update title"],
            ),
        },
    ),
)
