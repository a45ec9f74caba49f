"""Samples of identity providers for pipelines."""

from awsbase.ensure.oidc_provider import OidcProvider
from awsbase.samples.sample import HOME, Reached, Sample, Tampering

AUDIENCE = "sts.amazonaws.com"
GITHUB = OidcProvider(
    scope=HOME,
    url="https://token.actions.githubusercontent.com",
    audiences=frozenset({AUDIENCE}),
    tags={"owner": "platform"},
)
GITLAB = OidcProvider(scope=HOME, url="https://gitlab.com", audiences=frozenset({AUDIENCE}))
THUMBPRINT = "a" * 40


def made_by_hand(aws: Reached) -> None:
    """Make the provider of GitLab by hand, for an audience of somebody else's."""
    aws.client("iam").create_open_id_connect_provider(
        Url=GITLAB.url, ClientIDList=["https://gitlab.com"], ThumbprintList=[THUMBPRINT]
    )


def without_hand_made(aws: Reached) -> None:
    """Delete the provider that was made by hand."""
    aws.client("iam").delete_open_id_connect_provider(OpenIDConnectProviderArn=GITLAB.arn)


SAMPLES = (
    Sample(
        "oidc provider",
        [GITHUB],
        tamperings={
            "deleted": Tampering(
                lambda aws: aws.client("iam").delete_open_id_connect_provider(OpenIDConnectProviderArn=GITHUB.arn),
                [f"{GITHUB.address}: create oidc provider"],
            ),
            "not for AWS": Tampering(
                lambda aws: aws.client("iam").remove_client_id_from_open_id_connect_provider(
                    OpenIDConnectProviderArn=GITHUB.arn, ClientID=AUDIENCE
                ),
                [f"{GITHUB.address}: create client id {AUDIENCE}"],
            ),
            "untagged": Tampering(
                lambda aws: aws.client("iam").untag_open_id_connect_provider(
                    OpenIDConnectProviderArn=GITHUB.arn, TagKeys=["owner"]
                ),
                [f"{GITHUB.address}: update tags"],
            ),
        },
    ),
    Sample("oidc provider made by hand", [GITLAB], before=made_by_hand, after=without_hand_made),
)
