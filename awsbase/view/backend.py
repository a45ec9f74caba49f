"""The backend block with which Terraform or OpenTofu keeps its state in awsbase's bucket."""

from __future__ import annotations

import json
import shlex
from typing import Literal

Format = Literal["hcl", "json", "env"]


def render(format: Format, *, bucket: str, region: str, key: str, kms_key_id: str) -> str:
    """Return the S3 backend as an HCL block, a `.tf.json` file, or an export for `terraform init`.

    `key` is the path of the state in the bucket. `kms_key_id` must be the key's ARN, which the bucket's policy
    compares; without `encrypt` Terraform would ignore it.
    See https://developer.hashicorp.com/terraform/language/backend/s3.
    """
    settings: dict[str, str | bool] = {
        "bucket": bucket,
        "key": key,
        "region": region,
        "encrypt": True,
        "kms_key_id": kms_key_id,
        "use_lockfile": True,
    }
    match format:
        case "hcl":
            return _hcl(settings)
        case "json":
            return json.dumps({"terraform": {"backend": {"s3": settings}}}, indent=2) + "\n"
        case "env":
            return _env(settings)


def _hcl(settings: dict[str, str | bool]) -> str:
    width = max(map(len, settings))
    lines = (f"    {name:<{width}} = {_quoted(value)}\n" for name, value in settings.items())
    return 'terraform {\n  backend "s3" {\n' + "".join(lines) + "  }\n}\n"


def _quoted(value: str | bool) -> str:
    # JSON strings are valid HCL, except for HCL's template sequences.
    return json.dumps(value, ensure_ascii=False).replace("${", "$${").replace("%{", "%%{")


def _env(settings: dict[str, str | bool]) -> str:
    words = {name: value if isinstance(value, str) else str(value).lower() for name, value in settings.items()}
    options = " ".join(shlex.quote(f"-backend-config={name}={word}") for name, word in words.items())
    return f"export TF_CLI_ARGS_init={shlex.quote(options)}\n"
