output "queue_url" {
  description = "LONGHAUL_BRIDGE_SQS_QUEUE_URL"
  value       = aws_sqs_queue.events.url
}

output "dlq_url" {
  description = "LONGHAUL_DLQ"
  value       = aws_sqs_queue.dead_letters.url
}

output "role_arn" {
  description = "Annotation eks.amazonaws.com/role-arn of transfer-worker-sa, or AWS_ROLE_ARN; aws_role_name of ../gcp."
  value       = aws_iam_role.worker.arn
}

output "replay_policy_arn" {
  description = "To be attached to those who look after the dead-letter queue."
  value       = aws_iam_policy.replay.arn
}
