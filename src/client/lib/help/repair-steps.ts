/**
 * Command lines that find or mend what an error is about: what the runbook prints under each code, and `longhaul help <code>`.
 * What stands in angle brackets is for the reader to fill in; a test parses every line that begins with `longhaul`.
 */
export interface RepairStep {
  readonly command: string;
  /** What it is good for, as a comment behind the command. */
  readonly why: string;
}

const step = (command: string, why: string): RepairStep => ({ command, why });

/** Of the `longhaul` command. */
const OWN = {
  status: step('longhaul status <run>', 'how far it is, its last errors, what can be done now'),
  watch: step('longhaul watch <run>', 'follow it'),
  report: step('longhaul report <run>', 'counts, failed records, what was taken back'),
  runs: step('longhaul runs', 'the runs that there are'),
  retry: step('longhaul retry-failed <run>', 'of a run that waits: moves the failed records again'),
  skip: step('longhaul skip-record <run> <n>', 'of a run that waits: gives record n up'),
  activities: step('longhaul activity list <run>', 'what it does now: attempts, last failures, next tries'),
  tryNow: step('longhaul activity reset <run> <n>', 'tries record n again at once, with a full time to retry'),
  slower: step('longhaul set-max-workers <run> 2', 'fewer records at once, at once'),
  abort: step('longhaul abort <run>', 'ends it and takes back what it has written'),
  verify: step('longhaul verify <run>', 'compares what it has written with what is there'),
  validate: step('longhaul validate <project>', 'checks config, export API and bucket; starts nothing'),
  plan: step('longhaul plan <project>', 'asks the API for its list; moves nothing'),
  exportAgain: step('longhaul export <project>', 'start again: nothing of the failed run is in the way'),
  ingestAgain: step('longhaul ingest --bucket <bucket>', 'start again'),
  ingestSome: step('longhaul ingest --bucket <bucket> --date <day> --file <name>', 'only what failed, on its day'),
  restoreAgain: step('longhaul restore <raw_file_id>', 'start again: what is right there is skipped'),
  restoreSome: step("longhaul restore <raw_file_id> --include '<glob>'", 'only what matches, such as **/*.csv'),
  loadCheck: step(
    'longhaul load --load-type full --data-set <name> --path s3://<bucket>/<prefix>/ --check',
    'checks config, bucket, database and files; loads nothing',
  ),
  loadAgain: step(
    'longhaul load --load-type full --data-set <name> --path s3://<bucket>/<prefix>/',
    'start again: the table is as it was before the failed run',
  ),
  loadSome: step(
    'longhaul load --load-type full --data-set <name> --path s3://<bucket>/<prefix>/ --reject-limit <n>',
    'sets n bad rows aside',
  ),
  cleanStaging: step('longhaul load --clean-staging --data-set <name>', 'removes what terminated loads have left'),
  eventCheck: step('longhaul event validate event.json', 'names everything that is wrong with it'),
  letters: step('longhaul dlq list', 'what has failed for good'),
  letter: step('longhaul dlq show <id>', 'one of them, with its error'),
  replay: step('longhaul dlq replay --event-id <id>', 'moves it once the cause is gone'),
  schedules: step('longhaul schedule list', 'the schedules that there are'),
  scheduleShow: step('longhaul schedule describe <id>', 'its spec, next and recent runs'),
  scheduleResume: step('longhaul schedule resume <id>', 'a failure has paused it'),
  scheduleDelete: step('longhaul schedule delete <id>', 'removes it; its runs go on'),
  doctor: step('longhaul doctor', 'machine, Temporal, workers on each queue, all projects'),
  worker: step('longhaul worker', 'a worker for all queues'),
  dev: step('longhaul dev', 'an embedded stack, for trying out'),
  schema: step('longhaul schema <name>', 'what the file may hold; longhaul schema lists the names'),
} as const;

/** Of other programs. */
const OTHERS = {
  identity: step('aws sts get-caller-identity', 'who the worker is; run it where the worker runs'),
  headBucket: step('aws s3api head-bucket --bucket <bucket>', 'whether it is there, and where'),
  headObject: step('aws s3api head-object --bucket <bucket> --key <key>', 'size, ETag, who wrote it'),
  versions: step('aws s3api list-object-versions --bucket <bucket> --prefix <key>', 'who has replaced it, and when'),
  thaw: step(
    'aws s3api restore-object --bucket <bucket> --key <key> --restore-request \'{"Days":7}\'',
    'takes hours; then start again',
  ),
  policy: step('aws s3api get-bucket-policy --bucket <bucket>', 'what the bucket itself refuses'),
  lifecycle: step('aws s3api get-bucket-lifecycle-configuration --bucket <bucket>', 'what is aborted or expires'),
  uploads: step('aws s3api list-multipart-uploads --bucket <bucket> --prefix <prefix>/', 'what is still open'),
  abortUpload: step(
    'aws s3api abort-multipart-upload --bucket <bucket> --key <key> --upload-id <id>',
    'frees what its parts take',
  ),
  listing: step('aws s3 ls --recursive s3://<bucket>/<prefix>/', 'what is there'),
  parameters: step('aws s3 cp s3://<bucket>/config/parameters.json -', 'the list as the worker reads it'),
  rejects: step('aws s3 ls s3://<bucket>/_longhaul/load/<run>/rejects/', 'each bad row with its reason'),
  google: step('gcloud auth list', 'who the worker is; run it where the worker runs'),
  queue: step(
    'aws sqs get-queue-attributes --queue-url <url> --attribute-names All',
    'whether it is there, its policy',
  ),
  subscription: step('gcloud pubsub subscriptions describe <subscription>', 'whether it is there'),
  ask: step('curl -sS -o /dev/null -D - <url>', 'what the host answers; run it where the worker runs'),
  resolve: step('getent hosts <host>', 'the addresses that the worker sees'),
  clock: step('date -u', 'compare it with the answer of the store'),
  diskFree: step('df -h <folder>', 'room on the disk'),
  inodes: step('df -i <folder>', 'and files that it can hold'),
  folder: step('ls -ld <folder>', 'owner and mode'),
  files: step('ulimit -n', 'file descriptors of the worker'),
  kernelLog: step('dmesg --level=err,warn', 'faults of the disk'),
  psql: step('psql "$<variable>" -c \'select current_user\'', 'whether the database can be reached as this user'),
  table: step('psql "$<variable>" -c \'\\d <table>\'', 'columns, types, indexes, triggers'),
  countRows: step(
    'psql "$<variable>" -c \'select count(*) from <table>\'',
    'after a full load or a sample its rows, until somebody else writes to the table',
  ),
  locks: step(
    'psql "$<variable>" -c "select pid, state, query from pg_stat_activity where wait_event_type = \'Lock\'"',
    'who waits for whom',
  ),
  connections: step('psql "$<variable>" -c \'show max_connections\'', 'what the server allows'),
  workflowQueue: step('temporal task-queue describe --task-queue longhaul', 'who polls'),
  workerVersions: step('temporal worker deployment describe --name longhaul', 'the versions, and which is current'),
  pin: step(
    'temporal workflow update-options --workflow-id <run> --versioning-override-behavior pinned ' +
      '--versioning-override-deployment-name longhaul --versioning-override-build-id <build>',
    'back to the version that it began with',
  ),
  namespaces: step('temporal operator namespace list', 'those that there are'),
  history: step('temporal workflow show -w <run> --output json', 'the history, to be kept with the report'),
  tools: step('npm run setup', 'in a checkout: finds, downloads or builds the servers'),
} as const;

export const REPAIR_STEPS = { ...OWN, ...OTHERS } as const satisfies Record<string, RepairStep>;
export type RepairStepName = keyof typeof REPAIR_STEPS;
