output "cluster_env" {
  description = "Lines of KEY=VALUE, without secrets, for the settings of the Kubernetes overlay."
  value       = <<-EOT
    AWS_REGION=${var.region}
    BAILEY_BACKUPS=s3://${aws_s3_bucket.main["backups"].bucket}
    BAILEY_MODELS=s3://${aws_s3_bucket.main["models"].bucket}
  EOT
}

output "database_address" {
  description = "Host and name of the database, for BAILEY_DATABASE_URL in the application's secret."
  value       = "${aws_db_instance.main.address}/${aws_db_instance.main.db_name}"
}

output "atlas_bucket" {
  description = "Where an atlas of proved optima is kept, once it is built."
  value       = aws_s3_bucket.main["atlas"].bucket
}

output "database_secret_arn" {
  description = "Where the database's user and password lie, for the overlay's external secret."
  value       = local.database_secret
}

output "application_secret_arn" {
  description = "Where the service's own secrets lie, for the overlay's external secret."
  value       = aws_secretsmanager_secret.application.arn
}

output "cluster_name" {
  description = "Name of the cluster."
  value       = aws_eks_cluster.main.name
}

output "kubeconfig_command" {
  description = "What an administrator types to reach the cluster with kubectl."
  value       = "aws eks update-kubeconfig --region ${var.region} --name ${aws_eks_cluster.main.name}"
}

output "network_id" {
  description = "The network, for what cannot ask a node for it, such as a load balancer controller."
  value       = aws_vpc.main.id
}
