# Every variable takes what lies just inside its limits.

mock_provider "aws" {
  source          = "./tests/mocks"
  override_during = plan
}

run "the_smallest_values_are_allowed" {
  command = plan

  variables {
    name                        = "abc"
    network_cidr                = "172.16.0.0/18"
    nat_gateways                = "single"
    log_days                    = 30
    backup_days                 = 30
    old_version_days            = 7
    kubernetes_version          = "1.34"
    api_cidrs                   = ["203.0.113.7/32"]
    cpu_instance_types          = ["c5.large"]
    cpu_nodes                   = { min = 1, desired = 1, max = 1 }
    gpu_instance_types          = ["g4dn.xlarge"]
    gpu_nodes                   = { min = 0, desired = 0, max = 1 }
    node_disk_gib               = 50
    database_version            = "15"
    database_instance_class     = "db.t4g.medium"
    database_storage_gib        = 20
    database_storage_limit_gib  = 22
    database_backup_days        = 7
    database_backup_window      = "00:00-00:30"
    database_maintenance_window = "mon:00:30-mon:01:00"
  }
}

run "the_largest_values_are_allowed" {
  command = plan

  variables {
    name                        = "a-name-of-20-letters"
    region                      = "ap-southeast-1"
    zones                       = ["ap-southeast-1a", "ap-southeast-1b", "ap-southeast-1c", "ap-southeast-1d"]
    network_cidr                = "192.168.0.0/16"
    log_days                    = 3653
    backup_days                 = 3650
    old_version_days            = 365
    tags                        = { "cost centre" = "outpatient/4", owner = "it@clinic.example" }
    kubernetes_version          = "1.36"
    administrators              = ["arn:aws:iam::123456789012:role/aws-reserved/sso/operators", "arn:aws:iam::123456789012:user/ada"]
    api_cidrs                   = ["203.0.0.0/16", "198.51.100.0/24"]
    cpu_instance_types          = ["m7i-flex.8xlarge", "r6id.2xlarge"]
    cpu_nodes                   = { min = 100, desired = 100, max = 100 }
    gpu_instance_types          = ["p5en.48xlarge"]
    gpu_nodes                   = { min = 20, desired = 20, max = 20 }
    node_disk_gib               = 1000
    database_version            = "17"
    database_instance_class     = "db.r8g.48xlarge"
    database_storage_gib        = 16384
    database_storage_limit_gib  = 65536
    database_backup_days        = 35
    database_backup_window      = "23:00-23:59"
    database_maintenance_window = "sun:23:00-mon:00:30"
  }
}
