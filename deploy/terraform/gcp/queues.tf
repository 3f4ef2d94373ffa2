# Events, and what has failed for good. The bridge itself publishes failures to the dead-letter topic, with the reason; the
# policy below catches what no bridge could handle at all.

data "google_project" "current" {
  project_id = var.project
}

resource "google_pubsub_topic" "events" {
  project = var.project
  name    = "${var.name}-transfer-events"
}

resource "google_pubsub_topic" "dead_letters" {
  project = var.project
  name    = "${var.name}-transfer-events-dlq"
}

resource "google_pubsub_subscription" "events" {
  project                    = var.project
  name                       = "${var.name}-transfer-events"
  topic                      = google_pubsub_topic.events.id
  ack_deadline_seconds       = 60 # LONGHAUL_BRIDGE_VISIBILITY_SEC; a bridge that lives extends it.
  message_retention_duration = "604800s"

  dead_letter_policy {
    dead_letter_topic     = google_pubsub_topic.dead_letters.id
    max_delivery_attempts = 10
  }

  retry_policy {
    minimum_backoff = "10s"
    maximum_backoff = "600s"
  }

  # Never expires because nothing came for a month.
  expiration_policy {
    ttl = ""
  }
}

# Without a subscription what is published to the dead-letter topic is gone.
resource "google_pubsub_subscription" "dead_letters" {
  project                    = var.project
  name                       = "${var.name}-transfer-events-dlq"
  topic                      = google_pubsub_topic.dead_letters.id
  ack_deadline_seconds       = 60
  message_retention_duration = "2678400s" # 31 days, the most there is: somebody has to decide.

  expiration_policy {
    ttl = ""
  }
}

# Pub/Sub itself moves messages to the dead-letter topic.
locals {
  pubsub_agent = "serviceAccount:service-${data.google_project.current.number}@gcp-sa-pubsub.iam.gserviceaccount.com"
}

resource "google_pubsub_topic_iam_member" "agent_publishes" {
  project = var.project
  topic   = google_pubsub_topic.dead_letters.name
  role    = "roles/pubsub.publisher"
  member  = local.pubsub_agent
}

resource "google_pubsub_subscription_iam_member" "agent_takes" {
  project      = var.project
  subscription = google_pubsub_subscription.events.name
  role         = "roles/pubsub.subscriber"
  member       = local.pubsub_agent
}

resource "google_pubsub_topic_iam_member" "producers" {
  for_each = var.producers
  project  = var.project
  topic    = google_pubsub_topic.events.name
  role     = "roles/pubsub.publisher"
  member   = each.value
}
