"""The results of a drill: one line per alarm with each hint once, and JSON."""

from __future__ import annotations

from awsbase.drill import DrillResult
from awsbase.view.drill import document, table

RESULTS = [
    DrillResult("acme-root-use", "eu-west-1", "delivered", recipients=("a@x.example",), unconfirmed=("b@x.example",)),
    DrillResult("acme-vpcs", "eu-west-1", "unconfirmed", unconfirmed=("b@x.example",)),
    DrillResult("acme-key-loss", "eu-west-1", "key-refused", detail="no authorization to access the key"),
    DrillResult("acme-gateways", "eu-west-1", "key-refused", detail="no authorization to access the key"),
]


def test_a_table_shows_recipients_and_reasons() -> None:
    assert [f"{line.mark} {line.text}".strip() for line in table(RESULTS)] == [
        "✓ acme-root-use  delivered to a@x.example; unconfirmed: b@x.example (eu-west-1)",
        "✗ acme-vpcs      unconfirmed: b@x.example (eu-west-1)",
        "✗ acme-key-loss  key-refused (eu-west-1)",
        "no authorization to access the key",
        "✗ acme-gateways  key-refused (eu-west-1)",
        "no authorization to access the key",
        "→ unconfirmed: follow the link in the mail 'AWS Notification - Subscription Confirmation'",
        "→ key-refused: the topic's key does not allow cloudwatch.amazonaws.com to use it: write `encrypted: true` to "
        "its channel in the notify section and reconcile, or let CloudWatch use that key in its policy",
        "1 of 4 delivered",
    ]


def test_a_document_has_the_same_content() -> None:
    shown = document(RESULTS, account="123456789012")
    assert [(each["alarm"], each["verdict"], each["delivered"]) for each in shown["alarms"]] == [
        (result.alarm, result.verdict, result.delivered) for result in RESULTS
    ]
    assert shown["alarms"][0]["told"] == ["a@x.example"]
    assert shown["alarms"][0]["hint"] is None
