"""What a run does before its manifest is checked: it connects to AWS."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from awsbase.manifest.source import is_organization, read
from awsbase.people import resolver
from awsbase.scripts.connect import approach_to
from awsbase.scripts.options import Options

if TYPE_CHECKING:
    from awsbase.approach import Approach


class Ahead:
    """A manifest that is read and not yet checked, and the way to its account.

    Raises ManifestError when the file cannot be read.
    """

    def __init__(self, manifest: Path, options: Options) -> None:
        self.source = read(manifest)
        self.approach: Approach | None = None
        account = self.source.value.get("account")
        region = account.get("region") if isinstance(account, dict) else None
        if options.sandbox or is_organization(self.source) or not isinstance(region, str):
            return
        # If this fails, `connect` reports why, after the manifest's mistakes.
        with suppress(Exception):
            # Other credentials than keys may ask a person, or the network, and in vain if the manifest has mistakes.
            if resolver.resolve(os.environ, Path.home(), options.profile).keys:
                approach = approach_to(options, region)
                # A run waits for STS first, and then for IAM's one answer about all users, the longest that it gets.
                approach.connect(["sts", "iam"] if "iam" in self.source.value else ["sts"])
                self.approach = approach
