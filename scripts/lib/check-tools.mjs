/**
 * The tools that check deploy/ in tests. Nothing that runs needs them: where one cannot be had, its tests are skipped and
 * say so. Their sources are pinned by tools/<name>/go.mod and go.sum.
 */

const PROMTOOL = '3.15.0';
const HELM = '3.18.4';
const KUBECHECK = '1.0.0';
const COMPOSECHECK = '1.0.0';

export const CHECK_TOOLS = [
  {
    name: 'promtool',
    title: 'promtool',
    version: PROMTOOL,
    /** Older ones read our rules as well: distributions carry them. */
    oldest: '2.40.0',
    why: 'checks and tests the rules of Prometheus',
    pathVariable: 'LONGHAUL_PROMTOOL_PATH',
    versionPattern: /promtool, version v?(\d+\.\d+\.\d+)/,
    assets: {},
    goPackage: 'github.com/prometheus/prometheus/cmd/promtool',
    // Without the clients of a dozen clouds, which take most of the build: our configuration names none.
    goFlags: '-tags=remove_all_sd',
    ldflags: `-s -w -X github.com/prometheus/common/version.Version=${PROMTOOL}`,
    buildTime: '2 to 4 minutes the first time',
    install: `promtool ${PROMTOOL}: part of Prometheus, in Debian's package "prometheus"`,
  },
  {
    name: 'helm',
    title: 'Helm',
    version: HELM,
    oldest: '3.12.0',
    why: 'renders the chart',
    pathVariable: 'LONGHAUL_HELM_PATH',
    versionArguments: ['version', '--short'],
    versionPattern: /v(\d+\.\d+\.\d+)/,
    assets: {},
    goPackage: 'helm.sh/helm/v3/cmd/helm',
    ldflags: `-s -w -X helm.sh/helm/v3/internal/version.version=v${HELM}`,
    buildTime: '1 to 2 minutes the first time',
    install: `Helm ${HELM}: https://helm.sh/docs/intro/install`,
  },
  {
    name: 'kubecheck',
    title: 'kubecheck',
    version: KUBECHECK,
    why: "decodes Kubernetes manifests strictly; ours, on the API's own types",
    pathVariable: 'LONGHAUL_KUBECHECK_PATH',
    versionPattern: /kubecheck version (\d+\.\d+\.\d+)/,
    assets: {},
    goPackage: '.',
    ldflags: `-s -w -X main.version=${KUBECHECK}`,
    buildTime: 'about 1 minute the first time',
    install: 'Go, which builds it from tools/kubecheck',
  },
  {
    name: 'composecheck',
    title: 'composecheck',
    version: COMPOSECHECK,
    why: 'reads docker-compose.yml as Docker does; ours, on the library of Docker Compose',
    pathVariable: 'LONGHAUL_COMPOSECHECK_PATH',
    versionPattern: /composecheck version (\d+\.\d+\.\d+)/,
    assets: {},
    goPackage: '.',
    ldflags: `-s -w -X main.version=${COMPOSECHECK}`,
    buildTime: 'half a minute the first time',
    install: 'Go, which builds it from tools/composecheck',
  },
];
