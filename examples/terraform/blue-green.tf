# A blue and a green group of servers behind the load balancer of main.tf, both from a launch template of awsbase. The
# manifest says what a server is; a change of it makes a new version of the template, and starts nothing.
#
#     network: {}
#     security_groups:
#       web: {ingress: [{ports: 80, cidr: [10.42.0.0/24], description: load balancer}]}
#     iam: {roles: {server: {preset: instance}}}
#     launch_templates:
#       web: {security_groups: [web], role: server, public_address: true, user_data: web.sh}
#
# To deploy: start green from the new version with weight 0, look at it, move the weights, and let blue go.
#
#     web = {
#       blue  = { version = "1", weight = 90, servers = 2 }
#       green = { version = "2", weight = 10, servers = 2 }
#     }
#
# Back is the same with the weights of before, as long as blue is there.

variable "web" {
  description = "Both groups: the version of the launch template, the share of requests, and how many servers."
  type = map(object({
    version = string
    weight  = number
    servers = number
  }))
  default = {
    blue  = { version = "1", weight = 100, servers = 2 }
    green = { version = "1", weight = 0, servers = 0 }
  }

  validation {
    condition     = alltrue([for each in values(var.web) : each.weight == 0 || each.servers > 0])
    error_message = "A group with a weight needs servers."
  }
}

resource "aws_lb_target_group" "web" {
  for_each = var.web

  name                 = "web-${each.key}"
  vpc_id               = data.aws_vpc.this.id
  port                 = 80
  protocol             = "HTTP"
  deregistration_delay = 60

  health_check {
    path = "/health"
  }
}

resource "aws_lb_listener" "web" {
  load_balancer_arn = aws_lb.web.arn
  port              = 443
  protocol          = "HTTPS"
  ssl_policy        = "ELBSecurityPolicy-TLS13-1-2-2021-06"
  certificate_arn   = var.certificate_arns["web"]

  default_action {
    type = "forward"

    forward {
      dynamic "target_group" {
        for_each = var.web
        content {
          arn    = aws_lb_target_group.web[target_group.key].arn
          weight = target_group.value.weight
        }
      }

      # Who began on one side stays there for a while.
      stickiness {
        enabled  = true
        duration = 600
      }
    }
  }
}

resource "aws_autoscaling_group" "web" {
  for_each = var.web

  name                = "web-${each.key}"
  min_size            = each.value.servers
  max_size            = each.value.servers * 2
  vpc_zone_identifier = var.public_subnet_ids
  target_group_arns   = [aws_lb_target_group.web[each.key].arn]
  health_check_type   = "ELB"

  # The template asks for no market, so that one group has both: a server on demand, the rest on the Spot market.
  mixed_instances_policy {
    instances_distribution {
      on_demand_base_capacity                  = 1
      on_demand_percentage_above_base_capacity = 0
      spot_allocation_strategy                 = "price-capacity-optimized"
    }

    launch_template {
      launch_template_specification {
        launch_template_id = var.launch_template_ids["web"]
        version            = each.value.version
      }

      dynamic "override" {
        for_each = ["t4g.small", "t4g.medium"]
        content {
          instance_type = override.value
        }
      }
    }
  }
}

# The template has metrics every minute, so that more servers come in time.
resource "aws_autoscaling_policy" "web" {
  for_each = var.web

  name                   = "web-${each.key}-cpu"
  autoscaling_group_name = aws_autoscaling_group.web[each.key].name
  policy_type            = "TargetTrackingScaling"

  target_tracking_configuration {
    target_value = 60

    predefined_metric_specification {
      predefined_metric_type = "ASGAverageCPUUtilization"
    }
  }
}
