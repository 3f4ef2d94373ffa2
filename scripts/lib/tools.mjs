/** The servers of the embedded stack: which version, and the ways to get it. Checksums are those of the releases. */

const TEMPORAL = '1.8.2';
const VERSITYGW = '1.8.0';
const MIB = 1024 ** 2;

export const TOOLS = [
  {
    name: 'temporal',
    title: 'Temporal CLI',
    version: TEMPORAL,
    why: 'the Temporal server and its Web UI',
    pathVariable: 'LONGHAUL_TEMPORAL_PATH',
    versionPattern: /temporal version (\d+\.\d+\.\d+)/,
    repository: 'temporalio/cli',
    downloadMib: 55,
    /** By `<process.platform>-<process.arch>`. */
    assets: {
      'linux-x64': {
        file: `temporal_cli_${TEMPORAL}_linux_amd64.tar.gz`,
        sha256: 'd8421bda989e6514b4bdb4d63a9012a8a05a806892e881a5aad8510496349a94',
      },
      'linux-arm64': {
        file: `temporal_cli_${TEMPORAL}_linux_arm64.tar.gz`,
        sha256: '83600a8fac6e3da54093e5da6918d399f501532b9f1172235603f9606f4ac6e4',
      },
      'darwin-x64': {
        file: `temporal_cli_${TEMPORAL}_darwin_amd64.tar.gz`,
        sha256: '489d7f5420cae02b559774ac23df035141954c33a51dba96f5759a0ddccdf1b6',
      },
      'darwin-arm64': {
        file: `temporal_cli_${TEMPORAL}_darwin_arm64.tar.gz`,
        sha256: 'dacdc3587682c04cf27e67c8878ca2d755230b6ad63c0c6ebddd7348ae90ed94',
      },
    },
    goPackage: 'github.com/temporalio/cli/cmd/temporal',
    ldflags: `-s -w -X github.com/temporalio/cli/internal/temporalcli.Version=${TEMPORAL}`,
    buildTime: '4 to 6 minutes and 1.6 GB of Go modules the first time',
    install: `Temporal CLI ${TEMPORAL} or newer: https://docs.temporal.io/cli#install, then put "temporal" on PATH`,
  },
  {
    name: 'versitygw',
    title: 'versitygw',
    version: VERSITYGW,
    why: 'the S3 server',
    pathVariable: 'LONGHAUL_VERSITYGW_PATH',
    versionPattern: /Version\s*:\s*v?(\d+\.\d+\.\d+)/,
    repository: 'versity/versitygw',
    downloadMib: 20,
    assets: {
      'linux-x64': {
        file: `versitygw_v${VERSITYGW}_Linux_x86_64.tar.gz`,
        sha256: '2ba2c734d10d2c4e651d03182cb4b246656bc735a2f282db7b0b73fba6073467',
      },
      'linux-arm64': {
        file: `versitygw_v${VERSITYGW}_Linux_arm64.tar.gz`,
        sha256: 'b34051d33f5a9c457f790896acb7bd7d7e15ad8d92efb70616b924f37e401910',
      },
      'darwin-x64': {
        file: `versitygw_v${VERSITYGW}_Darwin_x86_64.tar.gz`,
        sha256: '104bd978e80ef0173554cfd8630ccc5bac24b00da440510b60365a3b6b6ab134',
      },
      'darwin-arm64': {
        file: `versitygw_v${VERSITYGW}_Darwin_arm64.tar.gz`,
        sha256: '4953096f65a9c0d62ab184fb6b2ba7c2435229205cf00a56cb62cd4bf6b216ca',
      },
    },
    goPackage: 'github.com/versity/versitygw/cmd/versitygw',
    ldflags: `-s -w -X main.Version=${VERSITYGW}`,
    buildTime: 'about 1 minute the first time',
    install: `versitygw ${VERSITYGW} or newer: https://github.com/versity/versitygw/releases, then put "versitygw" on PATH`,
  },
];

const PUBSUB = '2.6.2';
const FAKE_GCS = '1.56.1';
const ELASTICMQ = '1.6.16';

/** Servers that only some tests and `longhaul dev --with bridge` need: set up when they are first asked for. */
export const OPTIONAL_TOOLS = [
  {
    name: 'elasticmq',
    title: 'ElasticMQ',
    version: ELASTICMQ,
    why: 'the SQS server of the bridge',
    pathVariable: 'LONGHAUL_ELASTICMQ_PATH',
    /** The tool is a folder of jars; this one of them shows that they are there. */
    marker: `elasticmq-server_2.13-${ELASTICMQ}.jar`,
    /** 17 runs it; asked for even where the jars are there. */
    javaVersion: 17,
    maven: true,
    buildTime: 'about 30 MB of jars the first time',
    install: `the jars of org.elasticmq:elasticmq-server_2.13:${ELASTICMQ} into one folder`,
  },
  {
    name: 'pubsub-emulator',
    title: 'Pub/Sub emulator',
    version: PUBSUB,
    why: 'the Pub/Sub server of the bridge',
    pathVariable: 'LONGHAUL_PUBSUB_EMULATOR_PATH',
    versionPattern: /pubsub-emulator version v(\d+\.\d+\.\d+)/,
    goPackage: '.',
    ldflags: '-s -w',
    buildTime: 'about 1 minute the first time',
  },
  {
    name: 'fake-gcs-server',
    title: 'fake-gcs-server',
    version: FAKE_GCS,
    why: 'a second opinion on Cloud Storage in the tests',
    pathVariable: 'LONGHAUL_FAKE_GCS_SERVER_PATH',
    goPackage: 'github.com/fsouza/fake-gcs-server',
    ldflags: '-s -w',
    buildTime: 'about 1 minute the first time',
    install: `fake-gcs-server ${FAKE_GCS} or newer: https://github.com/fsouza/fake-gcs-server/releases`,
  },
];

/** What `--with` may name beside a single tool. */
export const TOOL_GROUPS = { bridge: ['elasticmq', 'pubsub-emulator'] };

/** The version that tools/<name>/go.mod asks for. */
export const GO_VERSION = '1.26.4';
export const MAX_ARCHIVE_BYTES = 400 * MIB;
