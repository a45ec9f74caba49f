"""The backend block sets key, encryption and lock file in three formats."""

from __future__ import annotations

import json
import shlex

from awsbase.view.backend import Format, render

KEY = "arn:aws:kms:eu-west-1:123456789012:key/1234"


def rendered(format: Format, key: str = "terraform.tfstate") -> str:
    return render(format, bucket="acme-state", region="eu-west-1", key=key, kms_key_id=KEY)


def test_as_a_block() -> None:
    assert rendered("hcl") == (
        "terraform {\n"
        '  backend "s3" {\n'
        '    bucket       = "acme-state"\n'
        '    key          = "terraform.tfstate"\n'
        '    region       = "eu-west-1"\n'
        "    encrypt      = true\n"
        f'    kms_key_id   = "{KEY}"\n'
        "    use_lockfile = true\n"
        "  }\n"
        "}\n"
    )


def test_a_path_is_not_expanded_as_a_template() -> None:
    assert 'key          = "a$${b}/\\"c\\".tfstate"' in rendered("hcl", 'a${b}/"c".tfstate')


def test_as_json() -> None:
    assert json.loads(rendered("json")) == {
        "terraform": {
            "backend": {
                "s3": {
                    "bucket": "acme-state",
                    "key": "terraform.tfstate",
                    "region": "eu-west-1",
                    "encrypt": True,
                    "kms_key_id": KEY,
                    "use_lockfile": True,
                }
            }
        }
    }


def test_as_an_export_that_a_shell_and_terraform_read() -> None:
    word, assignment = shlex.split(rendered("env", "my app.tfstate"))
    name, _, options = assignment.partition("=")
    assert (word, name) == ("export", "TF_CLI_ARGS_init")
    assert shlex.split(options) == [
        "-backend-config=bucket=acme-state",
        "-backend-config=key=my app.tfstate",
        "-backend-config=region=eu-west-1",
        "-backend-config=encrypt=true",
        f"-backend-config=kms_key_id={KEY}",
        "-backend-config=use_lockfile=true",
    ]
