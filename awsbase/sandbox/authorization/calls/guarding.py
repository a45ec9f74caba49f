"""Config, GuardDuty, Security Hub and Access Analyzer, most of which bring a role of their own."""

from awsbase.sandbox.authorization.calls.call import act, at, given, linked_role, own, passing, table

RECORDERS = at("config:{region}:{account}:configuration-recorder/*/*")
NEW_RECORDER = at("config:{region}:{account}:configuration-recorder/{ConfigurationRecorder[name]}/*")
RECORDER = at("config:{region}:{account}:configuration-recorder/{ConfigurationRecorderName}/*")
DETECTOR = at("guardduty:{region}:{account}:detector/{DetectorId}")
NEW_DETECTOR = at("guardduty:{region}:{account}:detector/*")
HUB = at("securityhub:{region}:{account}:hub/default")
ANALYZER = at("access-analyzer:{region}:{account}:analyzer/{analyzerName}")

CONFIG = table(
    {
        "DescribeConfigurationRecorders DescribeConfigurationRecorderStatus": [own(RECORDERS)],
        "DescribeDeliveryChannels DescribeDeliveryChannelStatus PutDeliveryChannel DeleteDeliveryChannel": [own()],
        "PutConfigurationRecorder": [
            own(NEW_RECORDER),
            passing("ConfigurationRecorder.roleARN", "config.amazonaws.com"),
        ],
        "StartConfigurationRecorder StopConfigurationRecorder DeleteConfigurationRecorder": [own(RECORDER)],
        "ListTagsForResource TagResource UntagResource": [own(given("ResourceArn"))],
    }
)
GUARDDUTY = table(
    {
        "ListDetectors": [own()],
        "CreateDetector": [
            own(),
            act("guardduty:TagResource", NEW_DETECTOR, when="Tags"),
            linked_role("guardduty.amazonaws.com", "AWSServiceRoleForAmazonGuardDuty"),
        ],
        "GetDetector UpdateDetector DeleteDetector": [own(DETECTOR)],
        "ListTagsForResource TagResource UntagResource": [own(given("ResourceArn"))],
    }
)
SECURITY_HUB = table(
    {
        "DescribeHub GetEnabledStandards BatchEnableStandards BatchDisableStandards DisableSecurityHub "
        "UpdateSecurityHubConfiguration": [own(HUB)],
        "EnableSecurityHub": [
            own(HUB),
            act("securityhub:TagResource", HUB, when="Tags"),
            linked_role("securityhub.amazonaws.com", "AWSServiceRoleForSecurityHub"),
        ],
        "ListTagsForResource TagResource UntagResource": [own(given("ResourceArn"))],
    }
)
ACCESS_ANALYZER = table(
    {
        "ListAnalyzers": [own()],
        "CreateAnalyzer": [
            own(ANALYZER),
            act("access-analyzer:TagResource", ANALYZER, when="tags"),
            linked_role("access-analyzer.amazonaws.com", "AWSServiceRoleForAccessAnalyzer"),
        ],
        "GetAnalyzer DeleteAnalyzer": [own(ANALYZER)],
        "ListTagsForResource TagResource UntagResource": [own(given("resourceArn"))],
    }
)
