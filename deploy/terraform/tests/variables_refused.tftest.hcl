# Every variable refuses what it cannot be. A run has one bad value for each of some variables, and
# passes only if exactly those that it names refuse theirs.

mock_provider "aws" {
  source          = "./tests/mocks"
  override_during = plan
}

run "what_is_too_small_is_refused" {
  command = plan

  variables {
    name                        = "ab"
    zones                       = ["eu-central-1a"]
    network_cidr                = "10.40.0.0/19"
    nat_gateways                = ""
    log_days                    = 0
    backup_days                 = 29
    old_version_days            = 6
    tags                        = { "" = "nothing" }
    kubernetes_version          = "1.20"
    administrators              = []
    api_cidrs                   = [""]
    cpu_instance_types          = []
    cpu_nodes                   = { min = 0, desired = 1, max = 2 }
    gpu_instance_types          = []
    gpu_nodes                   = { min = 0, desired = 0, max = 0 }
    node_disk_gib               = 49
    database_version            = "12"
    database_instance_class     = "db.t4g.micro"
    database_storage_gib        = 19
    database_backup_days        = 6
    database_backup_window      = ""
    database_maintenance_window = ""
  }

  expect_failures = [
    var.name, var.zones, var.network_cidr, var.nat_gateways, var.log_days, var.backup_days, var.old_version_days, var.tags,
    var.kubernetes_version, var.administrators, var.api_cidrs, var.cpu_instance_types, var.cpu_nodes,
    var.gpu_instance_types, var.gpu_nodes, var.node_disk_gib,
    var.database_version, var.database_instance_class, var.database_storage_gib,
    var.database_backup_days, var.database_backup_window, var.database_maintenance_window,
  ]
}

run "what_is_too_large_is_refused" {
  command = plan

  variables {
    name                 = "a-name-of-21-letters1"
    zones                = ["eu-central-1a", "eu-central-1b", "eu-central-1c", "eu-central-1d", "eu-central-1e"]
    network_cidr         = "10.0.0.0/8"
    log_days             = 3654
    backup_days          = 3651
    old_version_days     = 366
    api_cidrs            = ["0.0.0.0/0"]
    cpu_nodes            = { min = 1, desired = 1, max = 101 }
    gpu_nodes            = { min = 0, desired = 0, max = 21 }
    node_disk_gib        = 1001
    database_version     = "99"
    database_storage_gib = 16385
    database_backup_days = 36
  }

  expect_failures = [
    var.name, var.zones, var.network_cidr, var.log_days, var.backup_days, var.old_version_days,
    var.api_cidrs, var.cpu_nodes, var.gpu_nodes, var.node_disk_gib,
    var.database_version, var.database_storage_gib, var.database_backup_days,
  ]
}

run "what_is_out_of_order_or_no_whole_number_is_refused" {
  command = plan

  variables {
    zones                = ["eu-central-1a", "eu-central-1a"]
    log_days             = 31
    backup_days          = 90.5
    old_version_days     = 30.5
    cpu_nodes            = { min = 3, desired = 2, max = 8 }
    gpu_nodes            = { min = 0, desired = 3, max = 2 }
    node_disk_gib        = 100.5
    database_storage_gib = 50.5
    database_backup_days = 7.5
  }

  expect_failures = [
    var.zones, var.log_days, var.backup_days, var.old_version_days, var.cpu_nodes, var.gpu_nodes, var.node_disk_gib,
    var.database_storage_gib, var.database_backup_days,
  ]
}

run "what_is_malformed_is_refused" {
  command = plan

  variables {
    name                        = "Bailey"
    zones                       = ["us-east-1a", "us-east-1b"]
    network_cidr                = "10.40.0.999/16"
    nat_gateways                = "none"
    tags                        = { "aws:owner" = "somebody" }
    kubernetes_version          = "latest"
    administrators              = ["arn:aws:iam::123456789012:root"]
    api_cidrs                   = ["203.0.113.7"]
    cpu_instance_types          = ["m7g.xlarge"]
    cpu_nodes                   = { min = 1, desired = 1.5, max = 2 }
    gpu_instance_types          = ["m7i.xlarge"]
    gpu_nodes                   = { min = -1, desired = 0, max = 1 }
    database_instance_class     = "m7g.large"
    database_version            = "17.4"
    database_backup_window      = "24:00-25:00"
    database_maintenance_window = "02:00-03:00"
  }

  expect_failures = [
    var.name, var.zones, var.network_cidr, var.nat_gateways, var.tags, var.kubernetes_version, var.administrators,
    var.api_cidrs, var.cpu_instance_types, var.cpu_nodes, var.gpu_instance_types, var.gpu_nodes,
    var.database_instance_class, var.database_version, var.database_backup_window, var.database_maintenance_window,
  ]
}

run "what_is_nearly_right_is_refused" {
  command = plan

  variables {
    name               = "bailey-"
    network_cidr       = "8.8.0.0/16"
    tags               = { application = "another" }
    api_cidrs          = ["203.0.113.0/24", "2001:db8::/32"]
    administrators     = ["arn:aws:iam::123456789012:role/operators", "operators"]
    cpu_instance_types = ["m7i.xlarge", "t3.large"]
    gpu_instance_types = ["g6.2xlarge", "g3.4xlarge"]
  }

  expect_failures = [
    var.name, var.network_cidr, var.tags, var.api_cidrs, var.administrators, var.cpu_instance_types, var.gpu_instance_types,
  ]
}

run "no_place_is_a_region" {
  command = plan

  variables {
    region = "Frankfurt"
  }

  expect_failures = [var.region]
}

run "another_partition_is_refused" {
  command = plan

  variables {
    region = "cn-north-1"
    zones  = ["cn-north-1a", "cn-north-1b"]
  }

  expect_failures = [var.region]
}

run "two_hyphens_in_a_row_are_refused" {
  command = plan

  variables {
    name = "bai--ley"
  }

  expect_failures = [var.name]
}

# Apart from the rest, because it is looked at only where the storage itself is right.
run "a_limit_too_near_to_the_storage_is_refused" {
  command = plan

  variables {
    database_storage_gib       = 100
    database_storage_limit_gib = 109
  }

  expect_failures = [var.database_storage_limit_gib]
}

run "a_limit_too_large_is_refused" {
  command = plan

  variables {
    database_storage_limit_gib = 65537
  }

  expect_failures = [var.database_storage_limit_gib]
}

run "a_limit_that_is_no_whole_number_is_refused" {
  command = plan

  variables {
    database_storage_limit_gib = 99.5
  }

  expect_failures = [var.database_storage_limit_gib]
}
