"""SNS: everything on the topic; a subscription is nothing of its own."""

from awsbase.sandbox.authorization.calls.call import act, at, given, own, table

NEW = at("sns:{region}:{account}:{Name}")
TOPIC = given("TopicArn")

CALLS = table(
    {
        "ListTopics ListSubscriptions Unsubscribe GetSubscriptionAttributes SetSubscriptionAttributes": [own()],
        "CreateTopic": [own(NEW), act("sns:TagResource", NEW, when="Tags")],
        "Subscribe": [own(TOPIC, keys={"sns:Protocol": "Protocol", "sns:Endpoint": "Endpoint"})],
        "GetTopicAttributes SetTopicAttributes ListSubscriptionsByTopic ConfirmSubscription Publish DeleteTopic": [
            own(TOPIC)
        ],
        "ListTagsForResource TagResource UntagResource": [own(given("ResourceArn"))],
    }
)
