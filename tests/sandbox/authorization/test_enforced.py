"""Real calls in a sandbox that enforces: who is let through, and in which words the others are refused."""

from __future__ import annotations

import json
import threading
from typing import Any

import boto3
import pytest

from awsbase.sandbox import SERVICES, Sandbox
from awsbase.sandbox.serve import listen
from awsbase.sandbox.wire import model
from tests.sandbox.principals import ACCOUNT, KIM, allow, deny, error, kim, person, policy
from tests.sandbox.refused import refused

TRAIL = {"Name": "acme", "S3BucketName": "acme-trail"}


@pytest.mark.parametrize(
    ("service", "method", "params", "code", "status", "action", "resource"),
    [
        ("iam", "create_user", {"UserName": "eve"}, "AccessDenied", 403,
         "iam:CreateUser", f"arn:aws:iam::{ACCOUNT}:user/eve"),
        ("sts", "assume_role", {"RoleArn": f"arn:aws:iam::{ACCOUNT}:role/ops", "RoleSessionName": "kim"},
         "AccessDenied", 403, "sts:AssumeRole", f"arn:aws:iam::{ACCOUNT}:role/ops"),
        ("s3", "create_bucket", {"Bucket": "acme-x"}, "AccessDenied", 403, "s3:CreateBucket", '"arn:aws:s3:::acme-x"'),
        ("ec2", "describe_vpcs", {}, "UnauthorizedOperation", 403, "ec2:DescribeVpcs", "*"),
        ("sns", "create_topic", {"Name": "x"}, "AuthorizationError", 403,
         "SNS:CreateTopic", f"arn:aws:sns:us-east-1:{ACCOUNT}:x"),
        ("kms", "create_key", {}, "AccessDeniedException", 400, "kms:CreateKey", "*"),
        ("cloudtrail", "create_trail", TRAIL, "AccessDeniedException", 400,
         "cloudtrail:CreateTrail", f"arn:aws:cloudtrail:us-east-1:{ACCOUNT}:trail/acme"),
        ("logs", "create_log_group", {"logGroupName": "/a"}, "AccessDeniedException", 400,
         "logs:CreateLogGroup", f"arn:aws:logs:us-east-1:{ACCOUNT}:log-group:/a:log-stream:"),
        ("cloudwatch", "describe_alarms", {}, "AccessDenied", 403,
         "cloudwatch:DescribeAlarms", f"arn:aws:cloudwatch:us-east-1:{ACCOUNT}:alarm:*"),
        ("resourcegroupstaggingapi", "get_resources", {}, "AccessDeniedException", 400, "tag:GetResources", "*"),
        ("accessanalyzer", "list_analyzers", {}, "AccessDeniedException", 400, "access-analyzer:ListAnalyzers", "*"),
    ],
    ids=lambda value: value if isinstance(value, str) and value.islower() else "",
)  # fmt: skip
def test_each_service_refuses_in_its_own_words(
    service: str, method: str, params: dict[str, Any], code: str, status: int, action: str, resource: str
) -> None:
    calls = kim(Sandbox(enforce=True))(service)
    said = f"User: {KIM} is not authorized to perform: {action} on resource: {resource}"
    why = f"because no identity-based policy allows the {action} action"
    ec2 = "You are not authorized to perform this operation. " if service == "ec2" else ""
    assert error(getattr(calls, method), **params) == (code, f"{ec2}{said} {why}", status)


def test_nobody_is_held_to_anything_where_it_is_not_enforced() -> None:
    calls = kim(Sandbox())
    assert refused(calls("iam").create_user, UserName="eve") is None
    assert refused(calls("s3").create_bucket, Bucket="acme-x") is None


def test_a_head_request_is_refused_without_a_word() -> None:
    sandbox = Sandbox(enforce=True)
    sandbox.client("s3").create_bucket(Bucket="acme-x")
    calls = kim(sandbox, allow("s3:HeadBucket"))
    assert error(calls("s3").head_bucket, Bucket="acme-x")[0] == "403"


def test_what_is_denied_explicitly_is_said_so() -> None:
    calls = kim(Sandbox(enforce=True), allow("*"), deny("iam:*"))
    assert error(calls("iam").list_users)[1].endswith(
        "on resource: * with an explicit deny in an identity-based policy"
    )
    assert refused(calls("s3").list_buckets) is None


def test_who_has_no_policy_may_only_ask_who_they_are() -> None:
    calls = kim(Sandbox(enforce=True))
    assert calls("sts").get_caller_identity()["Arn"] == KIM
    assert calls("sts").get_session_token()["Credentials"]
    assert refused(calls("iam").get_user) == "AccessDenied"


def test_rights_come_from_groups_as_well() -> None:
    sandbox = Sandbox(enforce=True)
    calls, iam = kim(sandbox), sandbox.client("iam")
    iam.create_group(GroupName="ops")
    iam.put_group_policy(GroupName="ops", PolicyName="x", PolicyDocument=json.dumps(policy(allow("iam:ListUsers"))))
    assert refused(calls("iam").list_users) == "AccessDenied"
    iam.add_user_to_group(GroupName="ops", UserName="kim")
    assert refused(calls("iam").list_users) is None
    assert refused(calls("iam").list_roles) == "AccessDenied"


def test_the_root_user_and_the_administrator_may_do_everything() -> None:
    sandbox = Sandbox(enforce=True)
    assert refused(sandbox.client("iam", caller="root").create_user, UserName="eve") is None
    assert refused(sandbox.client("iam").delete_user, UserName="eve") is None


def test_a_call_whose_rights_are_not_known_is_a_gap_and_not_allowed() -> None:
    sandbox = Sandbox(enforce=True)
    assert refused(sandbox.client("athena").list_work_groups) == "SandboxGap"
    assert refused(Sandbox().client("athena").list_work_groups) is None


def test_every_operation_in_the_table_is_one_of_its_service() -> None:
    unknown = {
        f"{service.name}:{name}"
        for service in SERVICES
        for name in set(service.calls) - set(model(service.name).operation_names)
    }
    assert unknown == set()


def test_clients_of_another_process_are_held_to_it_too() -> None:
    sandbox = Sandbox(enforce=True)
    person(sandbox, policy(allow("iam:ListUsers")), name="kim")
    key = sandbox.client("iam").create_access_key(UserName="kim")["AccessKey"]
    sandbox.clock.advance(60)
    server = listen(sandbox)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        session = boto3.Session(key["AccessKeyId"], key["SecretAccessKey"], region_name="us-east-1")
        iam = session.client("iam", endpoint_url=f"http://{server.host}:{server.port}")
        assert refused(iam.list_users) is None
        assert error(iam.list_roles)[0] == "AccessDenied"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
