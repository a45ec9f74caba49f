"""What a drill has shown: a table for people, a document for programs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from awsbase.drill import Proof
from awsbase.view.text import Line

SCHEMA = 1


def table(proofs: Sequence[Proof]) -> Iterator[Line]:
    """Yield a line for each alarm: whether its message got to somebody, and to whom, or why not."""
    width = max((len(proof.alarm) for proof in proofs), default=0)
    for proof in proofs:
        mark, style = ("✓", "green") if proof.delivered else ("✗", "red")
        yield Line(0, f"{proof.alarm:<{width}}  {outcome(proof)}", mark=mark, mark_style=style)
        if proof.said:
            yield Line(4, proof.said, style="dim")
    # What is wrong is mostly wrong with many alarms: what to do about it stands once.
    for verdict, hint in dict.fromkeys((proof.verdict, proof.hint) for proof in proofs):
        if hint:
            yield Line(0, f"{verdict}: {hint}", mark="→")
    arrived = sum(proof.delivered for proof in proofs)
    yield Line(0, f"{arrived} of {len(proofs)} delivered", style="bold")


def outcome(proof: Proof) -> str:
    """Say in words what became of an alarm's message."""
    words: str = proof.verdict
    if proof.told:
        words += f" to {', '.join(proof.told)}"
    if proof.waiting:
        words += f"{'; unconfirmed' if proof.told else ''}: {', '.join(proof.waiting)}"
    return f"{words} ({proof.region})"


def document(proofs: Sequence[Proof], *, account: str, sandbox: bool = False) -> dict[str, Any]:
    """Return the proofs as JSON values."""
    return {
        "schema": SCHEMA,
        "account": account,
        "sandbox": sandbox,
        "alarms": [
            {
                "alarm": proof.alarm,
                "region": proof.region,
                "verdict": proof.verdict,
                "delivered": proof.delivered,
                "told": list(proof.told),
                "unconfirmed": list(proof.waiting),
                "said": proof.said or None,
                "hint": proof.hint,
            }
            for proof in proofs
        ],
    }
