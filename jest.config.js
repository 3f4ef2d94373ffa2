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

const project = (name) => ({ ...common, displayName: name, testMatch: [`<rootDir>/test/${name}/**/*.test.ts`] });

module.exports = {
  projects: ['unit', 'transfer', 'providers', 'dev', 'workflow', 'faults', 'crash', 'replay', 'e2e'].map(project),
  testTimeout: 60_000,
};
