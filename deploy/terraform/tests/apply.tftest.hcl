# Made and taken down as a whole: what a plan leaves open has to fit together in the end.

mock_provider "aws" {
  source = "./tests/mocks"
}

run "everything_can_be_made" {
  command = apply

  assert {
    condition     = alltrue([for zone in var.zones : aws_route_table_association.private[zone].subnet_id == aws_subnet.private[zone].id])
    error_message = "A private subnet has another one's way out."
  }

  assert {
    condition     = toset([for zone in var.zones : aws_subnet.private[zone].id]) == aws_eks_cluster.main.vpc_config[0].subnet_ids
    error_message = "The cluster is not in the private subnets."
  }

  assert {
    condition     = toset([for zone in var.zones : aws_subnet.database[zone].id]) == aws_db_subnet_group.main.subnet_ids
    error_message = "The database is not in the subnets without a way out."
  }

  assert {
    condition = alltrue([
      for template in aws_launch_template.nodes : contains(template.vpc_security_group_ids, aws_security_group.nodes.id)
    ])
    error_message = "A node does not wear the badge that the database asks for."
  }
}
