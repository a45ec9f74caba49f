# A PostgreSQL database that servers of the group `web` reach, and nobody else:
#
#     security_groups:
#       db: {preset: db, port: 5432, from: [web], egress: []}

resource "aws_db_subnet_group" "app" {
  name       = "app"
  subnet_ids = var.public_subnet_ids
}

resource "aws_db_instance" "app" {
  identifier                  = "app"
  engine                      = "postgres"
  instance_class              = "db.t4g.micro"
  allocated_storage           = 20
  storage_encrypted           = true
  db_name                     = "app"
  username                    = "app"
  manage_master_user_password = true
  db_subnet_group_name        = aws_db_subnet_group.app.name
  vpc_security_group_ids      = [var.security_group_ids["db"]]
  publicly_accessible         = false
  backup_retention_period     = 7
  deletion_protection         = true
  final_snapshot_identifier   = "app-last"
}
