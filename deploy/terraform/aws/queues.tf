# Events, and what has failed for good. The bridge itself puts failures into the dead-letter queue, with the reason; the
# redrive below catches what no bridge could handle at all.

data "aws_caller_identity" "current" {}

resource "aws_sqs_queue" "dead_letters" {
  name                      = "${var.name}-transfer-events-dlq"
  message_retention_seconds = 1209600 # 14 days, the most there is: somebody has to decide.
  sqs_managed_sse_enabled   = true
}

resource "aws_sqs_queue" "events" {
  name                       = "${var.name}-transfer-events"
  visibility_timeout_seconds = 60 # LONGHAUL_BRIDGE_VISIBILITY_SEC; a bridge that lives extends it.
  message_retention_seconds  = 1209600
  receive_wait_time_seconds  = 20 # Long polls: fewer requests, no delay.
  sqs_managed_sse_enabled    = true

  redrive_policy = jsonencode({
    deadLetterTargetArn = aws_sqs_queue.dead_letters.arn
    maxReceiveCount     = 10 # A bridge that is killed while it holds a message counts as well.
  })
}

resource "aws_sqs_queue_redrive_allow_policy" "dead_letters" {
  queue_url = aws_sqs_queue.dead_letters.id
  redrive_allow_policy = jsonencode({
    redrivePermission = "byQueue"
    sourceQueueArns   = [aws_sqs_queue.events.arn]
  })
}

data "aws_iam_policy_document" "events_queue" {
  statement {
    sid       = "OnlyOverTls"
    effect    = "Deny"
    actions   = ["sqs:*"]
    resources = [aws_sqs_queue.events.arn]
    principals {
      type        = "*"
      identifiers = ["*"]
    }
    condition {
      test     = "Bool"
      variable = "aws:SecureTransport"
      values   = ["false"]
    }
  }

  dynamic "statement" {
    for_each = length(var.producers) > 0 ? [1] : []
    content {
      sid       = "Producers"
      actions   = ["sqs:SendMessage"]
      resources = [aws_sqs_queue.events.arn]
      principals {
        type        = "AWS"
        identifiers = var.producers
      }
    }
  }
}

resource "aws_sqs_queue_policy" "events" {
  queue_url = aws_sqs_queue.events.id
  policy    = data.aws_iam_policy_document.events_queue.json
}
