locals {
  controls = {
    unauthorized-calls = "{ ($.errorCode = \"*UnauthorizedOperation\") || ($.errorCode = \"AccessDenied*\") }"
    root-use           = "{ $.userIdentity.type = \"Root\" && $.eventType != \"AwsServiceEvent\" }"
    console-failures   = "{ ($.eventName = ConsoleLogin) && ($.errorMessage = \"Failed authentication\") }"
    route-tables       = "{ ($.eventName = CreateRoute) || ($.eventName = ReplaceRoute) || ($.eventName = DeleteRoute) }"
  }
}

resource "aws_cloudwatch_log_group" "audit" {
  name              = "acme-audit"
  retention_in_days = 365
  kms_key_id        = aws_kms_key.main.arn
}

resource "aws_iam_role" "audit" {
  name = "acme-cloudtrail-logs"
  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      { Effect = "Allow", Principal = { Service = "cloudtrail.amazonaws.com" }, Action = "sts:AssumeRole" },
    ]
  })
}

resource "aws_iam_role_policy" "audit" {
  name = "deliver"
  role = aws_iam_role.audit.id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect   = "Allow"
      Action   = ["logs:CreateLogStream", "logs:PutLogEvents"]
      Resource = "${aws_cloudwatch_log_group.audit.arn}:*"
    }]
  })
}

resource "aws_cloudtrail" "main" {
  name                       = "acme-trail"
  s3_bucket_name             = aws_s3_bucket.each["acme-audit"].id
  kms_key_id                 = aws_kms_key.main.arn
  cloud_watch_logs_group_arn = "${aws_cloudwatch_log_group.audit.arn}:*"
  cloud_watch_logs_role_arn  = aws_iam_role.audit.arn
  is_multi_region_trail      = true
  enable_log_file_validation = true
  depends_on                 = [aws_iam_role_policy.audit, aws_s3_bucket_policy.each]
}

resource "aws_sns_topic" "each" {
  for_each = toset(["security", "billing", "operations"])
  name     = "acme-${each.key}"
}

resource "aws_sns_topic_policy" "each" {
  for_each = aws_sns_topic.each
  arn      = each.value.arn
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = { Service = "cloudwatch.amazonaws.com" }
      Action    = "sns:Publish"
      Resource  = each.value.arn
    }]
  })
}

resource "aws_cloudwatch_log_metric_filter" "each" {
  for_each       = local.controls
  name           = "acme-${each.key}"
  log_group_name = aws_cloudwatch_log_group.audit.name
  pattern        = each.value
  metric_transformation {
    name      = each.key
    namespace = "acme/security"
    value     = "1"
  }
}

resource "aws_cloudwatch_metric_alarm" "security" {
  for_each            = aws_cloudwatch_log_metric_filter.each
  alarm_name          = each.value.name
  namespace           = "acme/security"
  metric_name         = each.key
  statistic           = "Sum"
  period              = 300
  evaluation_periods  = 1
  threshold           = 1
  comparison_operator = "GreaterThanOrEqualToThreshold"
  treat_missing_data  = "notBreaching"
  alarm_actions       = [aws_sns_topic.each["security"].arn]
}

resource "aws_cloudwatch_metric_alarm" "billing" {
  for_each            = toset(["10", "50", "100", "200", "500"])
  alarm_name          = "acme-billing-${each.key}-usd"
  namespace           = "AWS/Billing"
  metric_name         = "EstimatedCharges"
  dimensions          = { Currency = "USD" }
  statistic           = "Maximum"
  period              = 21600
  evaluation_periods  = 1
  threshold           = tonumber(each.key)
  comparison_operator = "GreaterThanThreshold"
  alarm_actions       = [aws_sns_topic.each["billing"].arn]
}
