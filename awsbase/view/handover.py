"""What Terraform has to forget of an account that was adopted: on the terminal, and on the page for a colleague."""

from __future__ import annotations

import re
from collections.abc import Iterator

from awsbase.adopt.terraform import HandOver
from awsbase.view.adoption import listed, table
from awsbase.view.markdown import code
from awsbase.view.plurals import counted
from awsbase.view.text import AMBER, TEAL, Line

FENCE = re.compile("`{3,}")


def lines(found: HandOver) -> Iterator[Line]:
    """Yield what Terraform has to forget, and what it keeps of things that the manifest manages."""
    yield Line(0, "")
    yield Line(0, summary(found), style="bold")
    if found.handed:
        yield Line(0, "once it is reconciled, let Terraform forget them, so that nothing has two owners:")
        yield from listed(found.commands(), TEAL)
    if found.left:
        yield from (Line(0, ""), Line(0, "stays with Terraform", style="bold"))
        yield from listed([f"{each.instance.address}: {each.why}" for each in found.left], AMBER)


def summary(found: HandOver) -> str:
    """Say how much of which state the manifest manages now."""
    return f"{found.state.file}: {managed(found)}"


def managed(found: HandOver) -> str:
    """Say how much of a state the manifest manages now."""
    every = counted(len(found.state.instances), "instance")
    elsewhere = f", and {found.elsewhere} in another account" if found.elsewhere else ""
    return f"the manifest manages {len(found.handed)} of {every}{elsewhere}"


def page(found: HandOver) -> str:
    """Return the chapter of the report about one state, as Markdown."""
    program = found.state.program
    parts = [f"## Terraform: {code(found.state.file)}\n", f"{managed(found).capitalize()}.\n"]
    if found.handed:
        parts += [
            "Reconcile the manifest once. Then take these resources out of the configuration, and let "
            f"{program} forget them: by commands,\n",
            fenced("sh", "\n".join(found.commands())),
            "or by blocks in the configuration, and an apply (Terraform 1.7, OpenTofu 1.10 or newer). Neither changes "
            "anything in AWS.\n",
            fenced("hcl", found.blocks().rstrip("\n")),
            table(
                ("of Terraform", "of the manifest"),
                [(code(each.instance.address), ", ".join(map(code, each.addresses))) for each in found.handed],
            ),
        ]
    if found.left:
        parts += [
            "### Stays with Terraform\n",
            "The manifest manages the thing, and not this part of it.\n",
            table(
                ("what", "of", "why"),
                [(code(each.instance.address), code(each.address), each.why) for each in found.left],
            ),
        ]
    return "\n".join(parts)


def fenced(language: str, text: str) -> str:
    """Return a block of code in Markdown, whatever is in it."""
    longest = max((len(each) for each in FENCE.findall(text)), default=2)
    fence = "`" * (longest + 1)
    return f"{fence}{language}\n{text}\n{fence}\n"
