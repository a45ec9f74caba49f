"""botocore's descriptions of AWS's services, read in half the time."""

from __future__ import annotations

import gzip
import json
import os
from typing import Any

from botocore.loaders import JSONFileLoader


class Models(JSONFileLoader):
    """Reads descriptions into plain dicts: botocore's ordered ones are made by Python code, one object at a time."""

    def load_file(self, file_path: str) -> Any:
        """Return what a file says, packed or not, or None when it is not there; its name comes without its ending."""
        for ending, opened in ((".json", open), (".json.gz", gzip.open)):
            path = file_path + ending
            if os.path.isfile(path):
                with opened(path, "rb") as file:
                    return json.load(file)
        return None
