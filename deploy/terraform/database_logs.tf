# What the database says of itself: its log, and the figures of the machine it runs on.

locals {
  database_logs = toset(["postgresql", "upgrade"])
}

resource "aws_cloudwatch_log_group" "database" {
  for_each = local.database_logs

  name              = "/aws/rds/instance/${var.name}/${each.key}"
  retention_in_days = var.log_days
  kms_key_id        = aws_kms_key.main["logs"].arn
}

resource "aws_iam_role" "monitoring" {
  name        = "${var.name}-monitoring"
  description = "Writes what the database's machine is doing"

  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = { Service = "monitoring.rds.amazonaws.com" }
      Action    = "sts:AssumeRole"
      Condition = { StringEquals = { "aws:SourceAccount" = local.account } }
    }]
  })
}

resource "aws_iam_role_policy_attachment" "monitoring" {
  role       = aws_iam_role.monitoring.name
  policy_arn = "arn:aws:iam::aws:policy/service-role/AmazonRDSEnhancedMonitoringRole"
}
