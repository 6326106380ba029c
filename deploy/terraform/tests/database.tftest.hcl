# The database: encrypted, doubled, restorable, and closed.

mock_provider "aws" {
  source          = "./tests/mocks"
  override_during = plan
}

override_resource {
  target          = aws_kms_key.main["database"]
  override_during = plan
  values          = { arn = "arn:aws:kms:eu-central-1:123456789012:key/database" }
}

override_resource {
  target          = aws_kms_key.main["secrets"]
  override_during = plan
  values          = { arn = "arn:aws:kms:eu-central-1:123456789012:key/secrets" }
}

override_resource {
  target          = aws_security_group.nodes
  override_during = plan
  values          = { id = "sg-nodes" }
}

override_resource {
  target          = aws_security_group.database
  override_during = plan
  values          = { id = "sg-database" }
}

run "it_is_encrypted_with_its_own_key" {
  command = plan

  assert {
    condition = (
      aws_db_instance.main.storage_encrypted && aws_db_instance.main.kms_key_id == "arn:aws:kms:eu-central-1:123456789012:key/database" &&
      aws_db_instance.main.performance_insights_kms_key_id == "arn:aws:kms:eu-central-1:123456789012:key/database"
    )
    error_message = "The database or its figures are not encrypted with the database's key."
  }

  assert {
    condition = alltrue([
      for name, value in { "rds.force_ssl" = "1", ssl_min_protocol_version = "TLSv1.2", log_parameter_max_length = "0" } :
      contains([for parameter in aws_db_parameter_group.main.parameter : "${parameter.name}=${parameter.value}"], "${name}=${value}")
    ])
    error_message = "Connections without TLS are let in, or the log has values of statements."
  }
}

run "it_survives_a_zone_and_can_be_restored" {
  command = plan

  variables {
    database_backup_days = 35
  }

  assert {
    condition     = aws_db_instance.main.multi_az && toset(keys(aws_subnet.database)) == toset(var.zones)
    error_message = "The database is in one zone only."
  }

  assert {
    condition = (
      aws_db_instance.main.backup_retention_period == 35 && aws_db_instance.main.deletion_protection &&
      !aws_db_instance.main.skip_final_snapshot && aws_db_instance.main.final_snapshot_identifier == "bailey-final" &&
      !aws_db_instance.main.delete_automated_backups
    )
    error_message = "The database can be lost."
  }
}

run "its_password_is_kept_by_aws" {
  command = plan

  assert {
    condition = (
      aws_db_instance.main.manage_master_user_password && aws_db_instance.main.password == null &&
      aws_db_instance.main.master_user_secret_kms_key_id == "arn:aws:kms:eu-central-1:123456789012:key/secrets"
    )
    error_message = "The password is not in Secrets Manager under the key of secrets."
  }
}

run "only_nodes_reach_it" {
  command = plan

  assert {
    condition = (
      !aws_db_instance.main.publicly_accessible && aws_db_instance.main.vpc_security_group_ids == toset(["sg-database"]) &&
      aws_vpc_security_group_ingress_rule.database.security_group_id == "sg-database" &&
      aws_vpc_security_group_ingress_rule.database.referenced_security_group_id == "sg-nodes" &&
      aws_vpc_security_group_ingress_rule.database.cidr_ipv4 == null &&
      aws_vpc_security_group_ingress_rule.database.from_port == 5432 && aws_vpc_security_group_ingress_rule.database.to_port == 5432
    )
    error_message = "Others than the nodes reach the database."
  }
}

run "it_is_watched" {
  command = plan

  assert {
    condition = (
      aws_db_instance.main.performance_insights_enabled && aws_db_instance.main.monitoring_interval == 60 &&
      aws_db_instance.main.enabled_cloudwatch_logs_exports == toset(["postgresql", "upgrade"]) &&
      alltrue([for group in aws_cloudwatch_log_group.database : group.retention_in_days == 365])
    )
    error_message = "Figures or logs of the database are missing."
  }
}
