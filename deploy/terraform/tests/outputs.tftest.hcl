# What the Kubernetes overlays are fed with.

mock_provider "aws" {
  source          = "./tests/mocks"
  override_during = plan
}

run "the_settings_name_buckets_and_database" {
  command = plan

  assert {
    condition     = output.cluster_env == <<-EOT
      AWS_REGION=eu-central-1
      BAILEY_BACKUPS=s3://bailey-123456789012-eu-central-1-backups
      BAILEY_MODELS=s3://bailey-123456789012-eu-central-1-models
    EOT
    error_message = "cluster_env is ${output.cluster_env}"
  }

  assert {
    condition     = output.database_address == "bailey.mock.eu-central-1.rds.amazonaws.com/bailey"
    error_message = "database_address is ${output.database_address}"
  }

  assert {
    condition     = output.atlas_bucket == "bailey-123456789012-eu-central-1-atlas"
    error_message = "atlas_bucket is ${output.atlas_bucket}"
  }

  assert {
    condition     = output.database_secret_arn == "arn:aws:secretsmanager:eu-central-1:123456789012:secret:rds!db-mock-AbCdEf"
    error_message = "database_secret_arn is not the secret that the database keeps."
  }

  assert {
    condition     = output.application_secret_arn == aws_secretsmanager_secret.application.arn
    error_message = "application_secret_arn is another secret."
  }
}

run "the_commands_name_region_and_cluster" {
  command = plan

  variables {
    name   = "clinic-2"
    region = "us-east-1"
    zones  = ["us-east-1a", "us-east-1c"]
  }

  assert {
    condition     = output.cluster_name == "clinic-2"
    error_message = "cluster_name is ${output.cluster_name}"
  }

  assert {
    condition     = output.kubeconfig_command == "aws eks update-kubeconfig --region us-east-1 --name clinic-2"
    error_message = "kubeconfig_command is ${output.kubeconfig_command}"
  }

  assert {
    condition     = output.network_id == aws_vpc.main.id
    error_message = "network_id is another network."
  }
}
