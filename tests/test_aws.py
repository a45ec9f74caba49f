"""Clients reach a private endpoint by its own host name."""

from __future__ import annotations

import threading
from pathlib import Path

import boto3
import pytest

from awsbase.aws import Aws
from awsbase.sandbox import Sandbox
from awsbase.sandbox.serve import listen

ACCOUNT = "123456789012"
FOUR = dict.fromkeys(("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets"), True)


@pytest.mark.parametrize("configured", ["by the environment", "by the profile"])
def test_s3_control_is_reached_at_a_private_endpoint(
    configured: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    sandbox = Sandbox()
    server = listen(sandbox)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    url = f"http://{server.host}:{server.port}"
    config = tmp_path / "config"
    config.write_text(f"[default]\nendpoint_url = {url}\n" if configured == "by the profile" else "[default]\n")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(config))
    if configured == "by the environment":
        monkeypatch.setenv("AWS_ENDPOINT_URL", url)
    aws = Aws(boto3.Session("AKIASANDBOXADMIN0000", "sandbox", region_name="eu-west-1"), "eu-west-1")
    try:
        aws.s3control.put_public_access_block(AccountId=ACCOUNT, PublicAccessBlockConfiguration=FOUR)
        response = aws.s3control.get_public_access_block(AccountId=ACCOUNT)
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
    assert response["PublicAccessBlockConfiguration"] == FOUR
