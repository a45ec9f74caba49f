# CloudFront in front of the load balancer. Its certificate is in us-east-1, where awsbase makes it:
#
#     certificates:
#       web: {domains: [acme.example], use: [elb, cloudfront]}

data "aws_cloudfront_cache_policy" "by_headers" {
  name = "UseOriginCacheControlHeaders"
}

resource "aws_cloudfront_distribution" "web" {
  enabled         = true
  is_ipv6_enabled = true
  aliases         = ["acme.example"]

  origin {
    origin_id   = "web"
    domain_name = aws_lb.web.dns_name

    custom_origin_config {
      http_port              = 80
      https_port             = 443
      origin_protocol_policy = "https-only"
      origin_ssl_protocols   = ["TLSv1.2"]
    }
  }

  default_cache_behavior {
    target_origin_id       = "web"
    cache_policy_id        = data.aws_cloudfront_cache_policy.by_headers.id
    viewer_protocol_policy = "redirect-to-https"
    allowed_methods        = ["GET", "HEAD", "OPTIONS", "PUT", "POST", "PATCH", "DELETE"]
    cached_methods         = ["GET", "HEAD"]
  }

  viewer_certificate {
    acm_certificate_arn      = var.cloudfront_certificate_arns["web"]
    ssl_support_method       = "sni-only"
    minimum_protocol_version = "TLSv1.2_2021"
  }

  restrictions {
    geo_restriction {
      restriction_type = "none"
    }
  }
}
