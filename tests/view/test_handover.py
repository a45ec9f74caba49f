"""What Terraform has to forget is shown in short on the terminal, and whole on the page."""

from __future__ import annotations

from awsbase.adopt.terraform import Instance, State, hand_over
from awsbase.ensure.bucket import Bucket
from awsbase.testing.sample import HOME
from awsbase.view.handover import fenced, lines, page
from awsbase.view.text import Line

STATE = State(
    "state.json",
    (
        Instance("aws_s3_bucket", "a|b", key="x", attributes={"bucket": "acme"}),
        Instance("aws_s3_bucket", "other", attributes={"bucket": "others"}),
        Instance("aws_s3_bucket_cors_configuration", "web", attributes={"bucket": "acme"}),
        Instance("aws_iam_role", "far", attributes={"name": "r", "arn": "arn:aws:iam::210987654321:role/r"}),
    ),
)
FOUND = hand_over(STATE, [Bucket(scope=HOME, name="acme")], HOME, {})


def texts(found: list[Line]) -> list[str]:
    return [each.text for each in found]


def test_the_terminal_shows_the_commands_and_what_stays() -> None:
    assert texts(list(lines(FOUND))) == [
        "",
        "state.json: the manifest manages 1 of 4 instances, and 1 in another account",
        "once it is reconciled, let Terraform forget them, so that nothing has two owners:",
        "terraform state rm 'aws_s3_bucket.a|b'",
        "",
        "stays with Terraform",
        "aws_s3_bucket_cors_configuration.web: the manifest says nothing of it",
    ]


def test_the_page_has_commands_blocks_and_what_stays() -> None:
    written = page(FOUND)
    assert "\n```sh\nterraform state rm 'aws_s3_bucket.a|b'\n```\n" in written
    assert '| `aws_s3_bucket.a\\|b["x"]` | `bucket/acme` |' in written
    assert "| `aws_s3_bucket_cors_configuration.web` | `bucket/acme` | the manifest says nothing of it |" in written


def test_without_anything_to_forget_there_is_nothing_to_type() -> None:
    found = hand_over(STATE, [], HOME, {})
    assert len(list(lines(found))) == 2
    assert "state rm" not in page(found)


def test_a_fence_is_longer_than_what_is_in_it() -> None:
    assert fenced("sh", "a ```` b") == "`````sh\na ```` b\n`````\n"
