resource "aws_db_subnet_group" "main" {
  name        = var.name
  description = "Subnets without a way out"
  subnet_ids  = [for zone in var.zones : aws_subnet.database[zone].id]
}

resource "aws_security_group" "database" {
  name        = "${var.name}-database"
  description = "The database, which only nodes of the cluster reach"
  vpc_id      = aws_vpc.main.id

  tags = { Name = "${var.name}-database" }
}

resource "aws_vpc_security_group_ingress_rule" "database" {
  security_group_id            = aws_security_group.database.id
  description                  = "PostgreSQL from the nodes"
  referenced_security_group_id = aws_security_group.nodes.id
  ip_protocol                  = "tcp"
  from_port                    = 5432
  to_port                      = 5432
}

resource "aws_db_parameter_group" "main" {
  name_prefix = "${var.name}-"
  description = "Nothing unencrypted, and slow statements in the log"
  family      = "postgres${var.database_version}"

  parameter {
    name  = "rds.force_ssl"
    value = "1"
  }

  parameter {
    name  = "ssl_min_protocol_version"
    value = "TLSv1.2"
  }

  parameter {
    name  = "log_statement"
    value = "ddl"
  }

  parameter {
    name  = "log_min_duration_statement"
    value = "1000"
  }

  # The values of a statement are patients' data, which have no place in a log.
  parameter {
    name  = "log_parameter_max_length"
    value = "0"
  }

  parameter {
    name  = "log_parameter_max_length_on_error"
    value = "0"
  }

  lifecycle {
    create_before_destroy = true
  }
}

resource "aws_db_instance" "main" {
  #checkov:skip=CKV_AWS_161:The service signs in with a password that changes every week; a second way in is one more to guard
  identifier     = var.name
  engine         = "postgres"
  engine_version = var.database_version
  instance_class = var.database_instance_class
  db_name        = "bailey"
  port           = 5432

  # AWS makes the password, keeps it in Secrets Manager and changes it every week; no state has it.
  username                      = "bailey"
  manage_master_user_password   = true
  master_user_secret_kms_key_id = aws_kms_key.main["secrets"].arn

  storage_type          = "gp3"
  allocated_storage     = var.database_storage_gib
  max_allocated_storage = var.database_storage_limit_gib
  storage_encrypted     = true
  kms_key_id            = aws_kms_key.main["database"].arn

  multi_az               = true
  db_subnet_group_name   = aws_db_subnet_group.main.name
  vpc_security_group_ids = [aws_security_group.database.id]
  publicly_accessible    = false
  parameter_group_name   = aws_db_parameter_group.main.name
  ca_cert_identifier     = "rds-ca-rsa2048-g1"

  backup_retention_period   = var.database_backup_days
  backup_window             = var.database_backup_window
  maintenance_window        = var.database_maintenance_window
  copy_tags_to_snapshot     = true
  delete_automated_backups  = false
  deletion_protection       = true
  skip_final_snapshot       = false
  final_snapshot_identifier = "${var.name}-final"

  auto_minor_version_upgrade  = true
  allow_major_version_upgrade = false

  performance_insights_enabled          = true
  performance_insights_kms_key_id       = aws_kms_key.main["database"].arn
  performance_insights_retention_period = 7
  monitoring_interval                   = 60
  monitoring_role_arn                   = aws_iam_role.monitoring.arn
  enabled_cloudwatch_logs_exports       = local.database_logs

  # The log groups come first: otherwise the database makes some that are kept for ever, unencrypted.
  depends_on = [aws_cloudwatch_log_group.database, aws_iam_role_policy_attachment.monitoring]
}

