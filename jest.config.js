/** One Jest project per kind of test: `unit` needs no server, every other starts the real ones it asks for. */
const common = {
  testEnvironment: 'node',
  transform: {
    '^.+\\.ts$': [
      '@swc/jest',
      {
        jsc: { parser: { syntax: 'typescript' }, target: 'es2022' },
        module: { type: 'commonjs' },
        sourceMaps: 'inline',
      },
    ],
  },
  moduleFileExtensions: ['ts', 'js', 'json'],
};

/** These share one Temporal and one S3 server per Jest run: see test/support/shared-stack.ts. */
const WITH_STACK = ['dev', 'workflow', 'faults', 'crash', 'bridge', 'load', 'e2e'];
const sharedStack = {
  globalSetup: '<rootDir>/test/support/global-setup.ts',
  globalTeardown: '<rootDir>/test/support/global-teardown.ts',
};

const project = (name) => ({
  ...common,
  displayName: name,
  testMatch: [`<rootDir>/test/${name}/**/*.test.ts`],
  ...(WITH_STACK.includes(name) ? sharedStack : {}),
});

module.exports = {
  projects: [
    'unit',
    'storm',
    'fuzz',
    'transfer',
    'providers',
    'catalogue',
    'dev',
    'workflow',
    'faults',
    'crash',
    'bridge',
    'load',
    'deploy',
    'replay',
    'e2e',
  ].map(project),
  testTimeout: 60_000,
};
