# Where things lie, and the ways between them.

mock_provider "aws" {
  source          = "./tests/mocks"
  override_during = plan
}

run "every_zone_has_subnets_of_its_own" {
  command = plan

  assert {
    condition = (
      [for zone in var.zones : aws_subnet.private[zone].cidr_block] == ["10.40.0.0/19", "10.40.32.0/19"] &&
      [for zone in var.zones : aws_subnet.public[zone].cidr_block] == ["10.40.128.0/24", "10.40.129.0/24"] &&
      [for zone in var.zones : aws_subnet.database[zone].cidr_block] == ["10.40.192.0/24", "10.40.193.0/24"]
    )
    error_message = "The subnets are cut differently."
  }

  assert {
    condition = alltrue([
      for zone in var.zones :
      aws_subnet.private[zone].availability_zone == zone && aws_subnet.database[zone].availability_zone == zone
    ])
    error_message = "A subnet lies in another zone."
  }

  assert {
    condition     = alltrue([for subnet in aws_subnet.public : !subnet.map_public_ip_on_launch])
    error_message = "A machine in a public subnet gets a public address without asking."
  }
}

run "four_zones_fit_without_overlap" {
  command = plan

  variables {
    network_cidr = "192.168.64.0/18"
    zones        = ["eu-central-1a", "eu-central-1b", "eu-central-1c", "eu-central-1d"]
  }

  assert {
    condition = (
      aws_subnet.private["eu-central-1d"].cidr_block == "192.168.88.0/21" &&
      aws_subnet.public["eu-central-1a"].cidr_block == "192.168.96.0/26" &&
      aws_subnet.public["eu-central-1d"].cidr_block == "192.168.96.192/26" &&
      aws_subnet.database["eu-central-1a"].cidr_block == "192.168.112.0/26"
    )
    error_message = "The subnets of four zones are cut differently."
  }
}

run "every_zone_has_a_gateway_unless_one_is_enough" {
  command = plan

  assert {
    condition     = toset(keys(aws_nat_gateway.main)) == toset(var.zones) && length(aws_route.private) == 2
    error_message = "A zone lacks its gateway."
  }
}

run "one_gateway_serves_all_zones" {
  command = plan

  variables {
    nat_gateways = "single"
  }

  assert {
    condition     = keys(aws_nat_gateway.main) == ["eu-central-1a"] && length(aws_route.private) == 2
    error_message = "There is not exactly one gateway, or a zone has no way to it."
  }
}

run "the_network_is_closed_and_watched" {
  command = plan

  assert {
    condition     = length(aws_default_security_group.closed.ingress) == 0 && length(aws_default_security_group.closed.egress) == 0
    error_message = "The default security group lets something through."
  }

  assert {
    condition = (
      aws_flow_log.main.traffic_type == "ALL" && aws_flow_log.main.log_destination == aws_cloudwatch_log_group.flow.arn &&
      aws_cloudwatch_log_group.flow.retention_in_days == 365 &&
      aws_cloudwatch_log_group.flow.kms_key_id == aws_kms_key.main["logs"].arn
    )
    error_message = "Not all traffic is written to an encrypted log."
  }

  assert {
    condition     = aws_vpc_endpoint.s3.vpc_endpoint_type == "Gateway" && aws_vpc_endpoint.s3.service_name == "com.amazonaws.eu-central-1.s3"
    error_message = "S3 is reached across the internet."
  }
}
