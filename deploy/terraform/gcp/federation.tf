# Who acts as the service account without any key: an AWS role, pods of a cluster elsewhere, pods of GKE.

locals {
  federates = var.aws_account_id != null || var.kubernetes_issuer != null
  pool      = local.federates ? google_iam_workload_identity_pool.longhaul[0].name : ""
}

resource "google_iam_workload_identity_pool" "longhaul" {
  count                     = local.federates ? 1 : 0
  project                   = var.project
  workload_identity_pool_id = "${var.name}-workers"
  display_name              = "Longhaul workers outside of Google"
}

resource "google_iam_workload_identity_pool_provider" "aws" {
  count                              = var.aws_account_id == null ? 0 : 1
  project                            = var.project
  workload_identity_pool_id          = google_iam_workload_identity_pool.longhaul[0].workload_identity_pool_id
  workload_identity_pool_provider_id = "aws"

  attribute_mapping = {
    "google.subject"     = "assertion.arn"
    "attribute.aws_role" = "assertion.arn.extract('assumed-role/{role}/')"
  }
  # The role alone, not everything of the account.
  attribute_condition = "attribute.aws_role == '${var.aws_role_name}'"

  aws {
    account_id = var.aws_account_id
  }
}

resource "google_service_account_iam_member" "aws" {
  count              = var.aws_account_id == null ? 0 : 1
  service_account_id = google_service_account.worker.name
  role               = "roles/iam.workloadIdentityUser"
  member             = "principalSet://iam.googleapis.com/${local.pool}/attribute.aws_role/${var.aws_role_name}"
}

resource "google_iam_workload_identity_pool_provider" "kubernetes" {
  count                              = var.kubernetes_issuer == null ? 0 : 1
  project                            = var.project
  workload_identity_pool_id          = google_iam_workload_identity_pool.longhaul[0].workload_identity_pool_id
  workload_identity_pool_provider_id = "kubernetes"

  attribute_mapping   = { "google.subject" = "assertion.sub" }
  attribute_condition = "assertion.sub == 'system:serviceaccount:${var.kubernetes_service_account}'"

  oidc {
    issuer_uri = var.kubernetes_issuer
  }
}

resource "google_service_account_iam_member" "kubernetes" {
  count              = var.kubernetes_issuer == null ? 0 : 1
  service_account_id = google_service_account.worker.name
  role               = "roles/iam.workloadIdentityUser"
  member             = "principal://iam.googleapis.com/${local.pool}/subject/system:serviceaccount:${var.kubernetes_service_account}"
}

resource "google_service_account_iam_member" "gke" {
  count              = var.gke_workload_identity ? 1 : 0
  service_account_id = google_service_account.worker.name
  role               = "roles/iam.workloadIdentityUser"
  member             = "serviceAccount:${var.project}.svc.id.goog[${replace(var.kubernetes_service_account, ":", "/")}]"
}
