"""What a run does before its manifest is checked: it connects to AWS, asks who the caller is, and reads the users."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from awsbase.disk import is_regular
from awsbase.people import resolver
from awsbase.scripts.connect import approach_to
from awsbase.scripts.options import Options

if TYPE_CHECKING:
    from awsbase.approach import Approach
    from awsbase.engine.facts import Read
    from awsbase.manifest.source import Source

# The region in the account section, as it is written as a rule; an organization file has accounts instead.
REGION = re.compile(
    r"^account:(?:[^\n]|\n(?=[ \t\n#]))*?(?:\n[ \t]+|[{,][ \t]*)region:[ \t]*[\"']?([a-z]{2,4}(?:-[a-z]+)+-[0-9])\b",
    re.MULTILINE,
)
SEVERAL = re.compile(r"^accounts:", re.MULTILINE)
# In characters: the account section is among the first.
BEGINNING = 32 * 1024


class Ahead:
    """A manifest that is read and not yet checked, and the way to its account.

    Raises ManifestError when the file cannot be read.
    """

    def __init__(self, manifest: Path, options: Options, only: Sequence[str] = ()) -> None:
        self.approach: Approach | None = None
        likely = None if options.sandbox else likely_region(manifest)
        if likely:
            self._begin(options, likely)
        # With it comes PyYAML, which is imported while the first handshake is under way.
        from awsbase.manifest.source import is_organization, read

        self._source: Source | None
        self._source = source = read(manifest)
        account = source.value.get("account")
        region, expected = (account.get("region"), account.get("id")) if isinstance(account, dict) else (None, None)
        if options.sandbox or is_organization(source) or not isinstance(region, str):
            self.approach = None
            return
        if region != likely:
            self._begin(options, region)
        if not self.approach:
            return
        # If this fails, `connect` reports why, after the manifest's mistakes.
        with suppress(Exception):
            if "iam" in source.value:
                # The longest answer that a run gets is IAM's about all users.
                self.approach.connect("iam")
            if isinstance(expected, str) and not source.mistakes and options.region in (None, region):
                self.approach.expect(expected, () if only else sure_reads(source))

    def take(self) -> Source:
        """Return the source, and keep nothing of it: of 5,000 users it takes 9 MiB."""
        source, self._source = self._source, None
        assert source
        return source

    def _begin(self, options: Options, region: str) -> None:
        """Begin to connect to STS, which a run waits for first; if that fails, `connect` reports why."""
        self.approach = None
        with suppress(Exception):
            # Other credentials than keys may ask a person, or the network, and in vain if the manifest has mistakes.
            if resolver.resolve(os.environ, Path.home(), options.profile).keys:
                approach = approach_to(options, region)
                approach.begin()
                self.approach = approach


def likely_region(manifest: Path) -> str | None:
    """Return the home region of a manifest by its text alone; None where that is not plain to see."""
    with suppress(OSError, ValueError):
        # What can be read only once, such as standard input, is left to its reader.
        if not is_regular(manifest):
            return None
        with manifest.open(encoding="utf-8") as stream:
            text = stream.read(BEGINNING)
        if (found := REGION.search(text)) and not SEVERAL.search(text):
            return found[1]
    return None


def sure_reads(source: Source) -> list[Read]:
    """Return what a run certainly reads: all of IAM, if the manifest has users."""
    iam = source.value.get("iam")
    if not isinstance(iam, dict) or not iam.get("users"):
        return []
    from awsbase.facts.authorization import all_of_iam

    return list(all_of_iam(iam))
