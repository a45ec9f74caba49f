"""A drill is shown a line an alarm, with what to do said once; and as JSON."""

from __future__ import annotations

from awsbase.drill import Proof
from awsbase.view.drill import document, table

PROOFS = [
    Proof("acme-root-use", "eu-west-1", "delivered", told=("a@x.example",), waiting=("b@x.example",)),
    Proof("acme-vpcs", "eu-west-1", "unconfirmed", waiting=("b@x.example",)),
    Proof("acme-key-loss", "eu-west-1", "key-refused", said="no authorization to access the key"),
    Proof("acme-gateways", "eu-west-1", "key-refused", said="no authorization to access the key"),
]


def test_a_table_says_who_got_it_and_why_not() -> None:
    assert [f"{line.mark} {line.text}".strip() for line in table(PROOFS)] == [
        "✓ acme-root-use  delivered to a@x.example; unconfirmed: b@x.example (eu-west-1)",
        "✗ acme-vpcs      unconfirmed: b@x.example (eu-west-1)",
        "✗ acme-key-loss  key-refused (eu-west-1)",
        "no authorization to access the key",
        "✗ acme-gateways  key-refused (eu-west-1)",
        "no authorization to access the key",
        "→ unconfirmed: follow the link in the mail 'AWS Notification - Subscription Confirmation'",
        "→ key-refused: the topic's key does not let cloudwatch.amazonaws.com use it: reconcile puts that right",
        "1 of 4 delivered",
    ]


def test_a_document_has_the_same_for_programs() -> None:
    told = document(PROOFS, account="123456789012")
    assert [(each["alarm"], each["verdict"], each["delivered"]) for each in told["alarms"]] == [
        (proof.alarm, proof.verdict, proof.delivered) for proof in PROOFS
    ]
    assert told["alarms"][0]["told"] == ["a@x.example"]
    assert told["alarms"][0]["hint"] is None
