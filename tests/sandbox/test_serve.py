"""The served sandbox is the same one, met over a socket."""

import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ConnectionClosedError

from awsbase.sandbox import Fault, Sandbox
from awsbase.sandbox.serve import warm
from tests.sandbox.refused import refused
from tests.sandbox.served import serving

pytestmark = pytest.mark.slow

ONCE = Config(retries={"mode": "standard", "total_max_attempts": 1})


CONTACT = {
    "AlternateContactType": "SECURITY",
    "EmailAddress": "sec@acme.example",
    "Name": "Sec Team",
    "PhoneNumber": "+1 555 0100",
    "Title": "Security",
}


class Served:
    """A sandbox and the way to it."""

    def __init__(self, sandbox: Sandbox, url: str) -> None:
        self.sandbox = sandbox
        self.url = url

    def client(self, service: str, region: str = "eu-west-1") -> Any:
        session = boto3.Session("AKIASANDBOXADMIN0000", "secret", region_name=region)
        make: Any = session.client
        return make(service, endpoint_url=self.url, config=ONCE)


@pytest.fixture
def served() -> Iterator[Served]:
    sandbox = Sandbox()
    with serving(sandbox) as url:
        yield Served(sandbox, url)


def test_clients_of_another_process_meet_the_same_account(served: Served) -> None:
    assert served.client("sts").get_caller_identity()["Arn"].endswith(":assumed-role/sandbox-administrator/you")
    served.client("iam").create_user(UserName="alice")
    assert served.sandbox.client("iam").get_user(UserName="alice")["User"]["UserName"] == "alice"
    assert refused(served.client("iam").get_user, UserName="bob") == "NoSuchEntity"
    assert [call.name for call in served.sandbox.calls][:2] == ["sts:GetCallerIdentity", "iam:CreateUser"]


def test_objects_with_awkward_keys_travel_both_ways(served: Served) -> None:
    s3 = served.client("s3")
    s3.create_bucket(Bucket="acme-state", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    s3.put_object(Bucket="acme-state", Key="env/a b+c%2F/ü", Body=b"state", Metadata={"some_key": "x"})

    found = s3.get_object(Bucket="acme-state", Key="env/a b+c%2F/ü")
    assert (found["Body"].read(), found["Metadata"]) == (b"state", {"some_key": "x"})
    assert [held["Key"] for held in s3.list_objects_v2(Bucket="acme-state")["Contents"]] == ["env/a b+c%2F/ü"]
    s3.head_bucket(Bucket="acme-state")
    assert refused(s3.head_bucket, Bucket="nobodys") == "404"


def unprefixed(request: Any) -> None:
    request.url = request.url.replace("//123456789012.", "//")


def test_the_accounts_public_access_block_works_with_an_ip_endpoint(served: Served) -> None:
    control = served.client("s3control")
    # botocore puts the account in front of the host, and no name server knows 123456789012.127.0.0.1.
    control.meta.events.register("before-sign", lambda request, **_: unprefixed(request))
    four = dict.fromkeys(("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets"), True)
    control.put_public_access_block(AccountId="123456789012", PublicAccessBlockConfiguration=four)

    block = control.get_public_access_block(AccountId="123456789012")
    assert block["PublicAccessBlockConfiguration"] == four


@pytest.mark.parametrize(
    ("service", "method", "params"),
    [
        ("kms", "list_keys", {}),
        ("cloudtrail", "describe_trails", {}),
        ("cloudwatch", "describe_alarms", {}),
        ("logs", "describe_log_groups", {}),
        ("sns", "list_topics", {}),
        ("resourcegroupstaggingapi", "get_resources", {}),
        ("billing", "get_billing_preferences", {"features": ["BILLING_ALERTS"]}),
        ("account", "put_alternate_contact", CONTACT),
    ],
)
def test_every_service_answers(served: Served, service: str, method: str, params: dict[str, Any]) -> None:
    assert refused(getattr(served.client(service), method), **params) is None


def test_a_mistake_of_the_sandbox_is_an_answer_and_is_told_where_it_runs(
    served: Served, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(message: Any) -> Any:
        raise RuntimeError("broken")

    monkeypatch.setattr(served.sandbox, "answer", broken)
    assert refused(served.client("iam").list_users) == "500"
    assert "broken" in caplog.text


def test_a_lost_reply_is_a_broken_connection(served: Served) -> None:
    served.sandbox.faults.add(Fault("reset after", on="iam:CreateUser"))

    with pytest.raises(ConnectionClosedError):
        served.client("iam").create_user(UserName="alice")
    assert refused(served.client("iam").get_user, UserName="alice") is None


def test_connections_are_kept_open(served: Served) -> None:
    iam = served.client("iam")
    for name in ("alice", "bob"):
        iam.create_user(UserName=name)
    assert refused(iam.create_user, UserName="bob") == "EntityAlreadyExists"

    session: Any = iam._endpoint.http_session
    assert session._manager.connection_from_url(iam.meta.endpoint_url).num_connections == 1


def test_warming_leaves_no_trace() -> None:
    sandbox = Sandbox()
    warm(sandbox)

    assert sandbox.calls == []
    assert sandbox.snapshot() == Sandbox().snapshot()


@pytest.mark.parametrize("ending", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_cleanly(ending: signal.Signals) -> None:
    program = "from awsbase.sandbox import Sandbox; from awsbase.sandbox.serve import serve; import sys; "
    program += "serve(sandbox=Sandbox(), ready=lambda url: sys.stdout.write(url + chr(10)) and sys.stdout.flush())"
    with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, stderr=subprocess.PIPE) as serving:
        assert serving.stdout
        url = serving.stdout.readline().decode().strip()
        session: Any = boto3.Session("AKIASANDBOXADMIN0000", "secret", region_name="eu-west-1")
        iam = session.client("iam", endpoint_url=url, config=ONCE)
        assert iam.list_users()["Users"] == []
        serving.send_signal(ending)
        _, complaints = serving.communicate(timeout=20)
    assert (serving.returncode, complaints) == (0, b"")


@pytest.mark.parametrize("sent", ["Content-Length: 80\r\n\r\n{", "Transfer-Encoding: chunked\r\n\r\n1\r\n{\r\n"])
def test_a_request_that_is_cut_off_changes_nothing(sent: str, served: Served, caplog: pytest.LogCaptureFixture) -> None:
    """A program that is killed between the headers and the body has asked AWS for nothing."""
    scope = "AKIASANDBOXADMIN0000/20300101/eu-west-1/securityhub/aws4_request"
    head = f"POST /accounts HTTP/1.1\r\nHost: localhost\r\nAuthorization: AWS4-HMAC-SHA256 Credential={scope}\r\n"
    host, _, port = served.url.removeprefix("http://").partition(":")
    with socket.create_connection((host, int(port))) as client:
        client.sendall((head + sent).encode())
        client.shutdown(socket.SHUT_WR)
        assert client.recv(1) == b""
    assert served.sandbox.calls == []
    assert caplog.records == []
