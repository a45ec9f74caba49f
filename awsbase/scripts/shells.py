"""How bash, zsh and fish ask for completions: click's own ways, and what those do not pass on as it was typed."""

from __future__ import annotations

import os
import re
from typing import Any

from click.shell_completion import (
    BashComplete,
    CompletionItem,
    FishComplete,
    ZshComplete,
    add_completion_class,
    split_arg_string,
)

# Readline takes `:` and `=` for the ends of words, so an ARN would be several: the whole line is passed instead.
BASH = """\
%(complete_func)s() {
    local IFS=$'\\n' response type value
    response=$(env COMP_LINE="${COMP_LINE:0:COMP_POINT}" %(complete_var)s=bash_complete "$1")
    for completion in $response; do
        IFS=',' read -r type value <<< "$completion"
        case $type in
            dir) COMPREPLY=(); compopt -o dirnames ;;
            file) COMPREPLY=(); compopt -o default ;;
            plain) COMPREPLY+=("$value") ;;
        esac
    done
}
complete -o nosort -F %(complete_func)s %(prog_name)s
"""
WORD_ENDS = re.compile(r".*[:=]", re.DOTALL)
# What bash would take for more than a letter.
SPECIAL = re.compile(r"[^\w@%+=:,./-]")


class Bash(BashComplete):
    """Completion for bash."""

    source_template = BASH

    def get_completion_args(self) -> tuple[list[str], str]:
        """Return the words before the cursor, and the one that is being typed."""
        if "COMP_LINE" not in os.environ:
            # A shell with the script of an earlier version.
            args, self.typed = super().get_completion_args()
            return args, self.typed
        line = os.environ["COMP_LINE"]
        words = split_arg_string(line)
        self.typed = words.pop() if words and not re.search(r"(?<!\\)\s\Z", line) else ""
        return words[1:], self.typed

    def format_completion(self, item: CompletionItem[Any]) -> str:
        """Return a completion without what readline leaves as it is, quoted for bash."""
        kept = WORD_ENDS.match(self.typed)
        # After `--option=`, click completes the value only.
        begun = kept[0].partition("=")[2] if kept and self.typed.startswith("-") else kept[0] if kept else ""
        value = str(item.value).removeprefix(begun) if item.type == "plain" else item.value
        return f"{item.type},{SPECIAL.sub(_escaped, value)}"


def _escaped(found: re.Match[str]) -> str:
    return f"\\{found[0]}"


class WholeWords:
    """Completion for a shell in which `--option=value` is one word, which a completion replaces."""

    def get_completions(self, args: list[str], incomplete: str) -> list[CompletionItem[Any]]:
        """Return the completions, with `--option=` before each value where it is typed."""
        found: list[CompletionItem[Any]] = super().get_completions(args, incomplete)  # type: ignore[misc]
        option, equals, _ = incomplete.partition("=")
        if equals and option.startswith("-"):
            for item in found:
                item.value = f"{option}={item.value}"
        return found


class Zsh(WholeWords, ZshComplete):
    """Completion for zsh."""


class Fish(WholeWords, FishComplete):
    """Completion for fish; a value may have a comma in it."""

    source_template = FishComplete.source_template.replace('string split ","', 'string split --max 1 ","')


def register() -> None:
    """Let click use these instead of its own."""
    for shell in (Bash, Zsh, Fish):
        add_completion_class(shell)
