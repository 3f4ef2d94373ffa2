#!/bin/sh
# Makes what events of docker-compose.yml move between, as often as it is started: what is there stays.
set -eu

# The emulators take a while to listen.
ask() {
  curl --silent --show-error --retry 60 --retry-delay 1 --retry-all-errors --max-time 5 "$@"
}

# 409: it is there.
make() {
  what=$1
  shift
  status=$(ask --output /tmp/answer --write-out '%{http_code}' "$@")
  case "$status" in
    2?? | 409) echo "$what: $status" ;;
    *) echo "$what: $status $(cat /tmp/answer)" >&2; exit 1 ;;
  esac
}

# Of no body: older versions of curl do not send it by themselves, and S3 wants it.
empty_sha256=e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855
make 'S3 bucket' --request PUT --header "x-amz-content-sha256: $empty_sha256" \
  --aws-sigv4 aws:amz:us-east-1:s3 --user longhaul:longhaul-local-only http://s3:7070/longhaul-events
make 'GCS bucket' --header 'content-type: application/json' --data '{"name":"longhaul-events"}' 'http://gcs:4443/storage/v1/b?project=longhaul'
ask --output /dev/null 'http://sqs:9324/?Action=ListQueues'
make 'topic' --request PUT http://pubsub:8085/v1/projects/longhaul/topics/transfer-events
make 'subscription' --request PUT --header 'content-type: application/json' \
  --data '{"topic":"projects/longhaul/topics/transfer-events","ackDeadlineSeconds":60}' \
  http://pubsub:8085/v1/projects/longhaul/subscriptions/transfer-events
