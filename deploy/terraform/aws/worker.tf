# The role of workers and bridges, and who may take it on. docs/iam.md says which request needs which action.

data "aws_iam_policy_document" "worker" {
  statement {
    sid       = "TakeEvents"
    actions   = ["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:ChangeMessageVisibility"]
    resources = [aws_sqs_queue.events.arn]
  }

  statement {
    sid       = "PutDeadLettersAndCountThem"
    actions   = ["sqs:SendMessage", "sqs:GetQueueAttributes"]
    resources = [aws_sqs_queue.dead_letters.arn]
  }

  dynamic "statement" {
    for_each = length(var.source_objects) > 0 ? [1] : []
    content {
      sid       = "ReadSources"
      actions   = ["s3:GetObject"]
      resources = var.source_objects
    }
  }

  dynamic "statement" {
    for_each = length(var.destination_objects) > 0 ? [1] : []
    content {
      sid       = "WriteAndGoOnAfterACrash"
      actions   = concat(["s3:PutObject", "s3:AbortMultipartUpload", "s3:ListMultipartUploadParts"], var.read_back ? ["s3:GetObject"] : [])
      resources = var.destination_objects
    }
  }

  dynamic "statement" {
    for_each = var.kms_key_arn == null ? [] : [var.kms_key_arn]
    content {
      sid       = "KeyOfTheBuckets"
      actions   = ["kms:Decrypt", "kms:GenerateDataKey"]
      resources = [statement.value]
    }
  }
}

data "aws_iam_policy_document" "trust" {
  # Pods of an EKS cluster.
  dynamic "statement" {
    for_each = var.eks_oidc_provider == null ? [] : [var.eks_oidc_provider]
    content {
      actions = ["sts:AssumeRoleWithWebIdentity"]
      principals {
        type        = "Federated"
        identifiers = ["arn:aws:iam::${data.aws_caller_identity.current.account_id}:oidc-provider/${statement.value}"]
      }
      condition {
        test     = "StringEquals"
        variable = "${statement.value}:sub"
        values   = ["system:serviceaccount:${var.kubernetes_service_account}"]
      }
      condition {
        test     = "StringEquals"
        variable = "${statement.value}:aud"
        values   = ["sts.amazonaws.com"]
      }
    }
  }

  # A Google service account, for workers that run in Google Cloud: no key of AWS exists.
  dynamic "statement" {
    for_each = var.google_service_account_id == null ? [] : [var.google_service_account_id]
    content {
      actions = ["sts:AssumeRoleWithWebIdentity"]
      principals {
        type        = "Federated"
        identifiers = ["accounts.google.com"]
      }
      condition {
        test     = "StringEquals"
        variable = "accounts.google.com:sub"
        values   = [statement.value]
      }
    }
  }

  # Without any of them nobody but this account's own administrators may take the role on.
  dynamic "statement" {
    for_each = var.eks_oidc_provider == null && var.google_service_account_id == null ? [1] : []
    content {
      actions = ["sts:AssumeRole"]
      principals {
        type        = "AWS"
        identifiers = ["arn:aws:iam::${data.aws_caller_identity.current.account_id}:root"]
      }
    }
  }
}

resource "aws_iam_role" "worker" {
  name                 = "${var.name}-transfer-worker"
  assume_role_policy   = data.aws_iam_policy_document.trust.json
  max_session_duration = 3600
}

resource "aws_iam_role_policy" "worker" {
  name   = "transfer"
  role   = aws_iam_role.worker.id
  policy = data.aws_iam_policy_document.worker.json
}

# For people: reading the dead-letter queue and putting events back (longhaul dlq list, longhaul dlq replay).
data "aws_iam_policy_document" "replay" {
  statement {
    actions   = ["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:ChangeMessageVisibility", "sqs:GetQueueAttributes"]
    resources = [aws_sqs_queue.dead_letters.arn]
  }
  statement {
    actions   = ["sqs:SendMessage"]
    resources = [aws_sqs_queue.events.arn]
  }
}

resource "aws_iam_policy" "replay" {
  name   = "${var.name}-dlq-replay"
  policy = data.aws_iam_policy_document.replay.json
}
