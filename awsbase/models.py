"""The loaders of botocore's service models."""

from __future__ import annotations

import gzip
import json
import os
from functools import cache
from pathlib import Path
from typing import Any

from botocore.loaders import JSONFileLoader, Loader


class Models(JSONFileLoader):
    """Loads service models into plain dicts: botocore's ordered dicts take twice the time."""

    def load_file(self, file_path: str) -> Any:
        """Return the content of a model file, compressed or not; None when there is none. The path has no suffix."""
        for ending, opened in ((".json", open), (".json.gz", gzip.open)):
            path = file_path + ending
            if os.path.isfile(path):
                with opened(path, "rb") as file:
                    return json.load(file)
        return None


class SharedLoader(Loader):
    """A loader that all sessions of a process share: models are the same in every account."""


@cache
def whole_models() -> SharedLoader:
    """Return the loader of botocore's own models, as they are."""
    return SharedLoader(file_loader=Models())


def own_loader(session: Any) -> Any:
    """Return the loader of a botocore session that has models of its own, as in ~/.aws/models; None if it has none."""
    found = session.get_component("data_loader")
    if isinstance(found, SharedLoader):
        return None
    # boto3 has a folder of its own, in which there are no models of services.
    others = [each for each in found.search_paths if os.path.isdir(each) and Path(each).parts[-2:] != ("boto3", "data")]
    if type(found) is Loader and others == [Loader.BUILTIN_DATA_PATH]:
        return None
    found.file_loader = Models()
    return found
