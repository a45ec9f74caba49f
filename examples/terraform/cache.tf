# A cache that servers of the group `web` reach, and nobody else:
#
#     security_groups:
#       cache: {preset: db, port: 6379, from: [web], egress: []}

resource "aws_elasticache_subnet_group" "app" {
  name       = "app"
  subnet_ids = var.public_subnet_ids
}

resource "aws_elasticache_replication_group" "app" {
  replication_group_id       = "app"
  description                = "Sessions of the web service"
  engine                     = "valkey"
  node_type                  = "cache.t4g.micro"
  num_cache_clusters         = 2
  automatic_failover_enabled = true
  at_rest_encryption_enabled = true
  transit_encryption_enabled = true
  subnet_group_name          = aws_elasticache_subnet_group.app.name
  security_group_ids         = [var.security_group_ids["cache"]]
}
