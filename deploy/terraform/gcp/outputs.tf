output "subscription" {
  description = "LONGHAUL_BRIDGE_PUBSUB_SUBSCRIPTION"
  value       = google_pubsub_subscription.events.id
}

output "dlq_topic" {
  description = "LONGHAUL_DLQ"
  value       = google_pubsub_topic.dead_letters.id
}

output "dlq_subscription" {
  description = "LONGHAUL_DLQ_SUBSCRIPTION"
  value       = google_pubsub_subscription.dead_letters.id
}

output "service_account" {
  description = "googleWorkloadIdentity.serviceAccount of the chart; annotation iam.gke.io/gcp-service-account in GKE."
  value       = google_service_account.worker.email
}

output "service_account_id" {
  description = "google_service_account_id of ../aws."
  value       = google_service_account.worker.unique_id
}

output "federation_audience" {
  description = "googleWorkloadIdentity.audience of the chart, for pods of a cluster elsewhere."
  value       = var.kubernetes_issuer == null ? null : "//iam.googleapis.com/${google_iam_workload_identity_pool_provider.kubernetes[0].name}"
}

output "aws_audience" {
  description = "Audience of the credential file for workers in AWS (gcloud iam workload-identity-pools create-cred-config --aws)."
  value       = var.aws_account_id == null ? null : "//iam.googleapis.com/${google_iam_workload_identity_pool_provider.aws[0].name}"
}
