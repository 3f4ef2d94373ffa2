# The service account of workers and bridges, with roles of single permissions: the predefined ones allow more (objectViewer
# lists, objectUser deletes). docs/iam.md says which request needs which.

resource "google_service_account" "worker" {
  project      = var.project
  account_id   = "${var.name}-transfer-worker"
  display_name = "Longhaul transfer worker"
}

locals {
  member  = "serviceAccount:${google_service_account.worker.email}"
  role_id = replace(title(replace(var.name, "-", " ")), " ", "")
}

resource "google_project_iam_custom_role" "read" {
  project     = var.project
  role_id     = "${local.role_id}Read"
  title       = "Longhaul: read sources"
  permissions = ["storage.objects.get"]
}

resource "google_project_iam_custom_role" "write" {
  project = var.project
  role_id = "${local.role_id}Write"
  title   = "Longhaul: write destinations"
  permissions = concat(
    ["storage.objects.create"],
    # Large objects in parallel parts, gone on with after a crash.
    ["storage.multipartUploads.create", "storage.multipartUploads.listParts", "storage.multipartUploads.abort"],
    # What is read back lies under a temporary name first, which is removed.
    var.allow_overwrite || var.read_back ? ["storage.objects.delete"] : [],
    var.read_back ? ["storage.objects.get"] : [],
  )
}

resource "google_project_iam_custom_role" "take" {
  project     = var.project
  role_id     = "${local.role_id}Take"
  title       = "Longhaul: take events"
  permissions = ["pubsub.subscriptions.consume"]
}

resource "google_storage_bucket_iam_member" "sources" {
  for_each = var.source_buckets
  bucket   = each.value
  role     = google_project_iam_custom_role.read.id
  member   = local.member
}

resource "google_storage_bucket_iam_member" "destinations" {
  for_each = var.destination_buckets
  bucket   = each.value
  role     = google_project_iam_custom_role.write.id
  member   = local.member
}

resource "google_pubsub_subscription_iam_member" "events" {
  project      = var.project
  subscription = google_pubsub_subscription.events.name
  role         = google_project_iam_custom_role.take.id
  member       = local.member
}

resource "google_pubsub_topic_iam_member" "dead_letters" {
  project = var.project
  topic   = google_pubsub_topic.dead_letters.name
  role    = "roles/pubsub.publisher"
  member  = local.member
}
