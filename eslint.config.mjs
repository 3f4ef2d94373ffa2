import js from '@eslint/js';
import { importX } from 'eslint-plugin-import-x';
import tseslint from 'typescript-eslint';

/** The arrows of docs/architecture.md: a folder may import only what is named for it, and itself. */
const folders = [
  'model',
  'config',
  'transfer',
  'providers',
  'ingest',
  'catalogue',
  'bridge',
  'load',
  'activities',
  'workflows',
  'client',
  'ops',
  'dev',
];
const mayImport = {
  model: [],
  config: ['model'],
  transfer: ['model', 'config'],
  providers: ['model', 'config', 'transfer'],
  ingest: ['model', 'config', 'transfer'],
  catalogue: ['model', 'config'],
  bridge: ['model', 'config', 'transfer', 'ops'],
  load: ['model', 'config', 'transfer'],
  ops: ['model', 'config'],
  activities: [...['model', 'config', 'transfer', 'providers', 'ingest', 'catalogue'], ...['bridge', 'load', 'ops']],
  workflows: ['model', 'activities'],
  client: [
    ...['model', 'config', 'transfer', 'providers', 'ingest', 'catalogue', 'bridge', 'load'],
    ...['activities', 'ops', 'dev', 'workflows'],
  ],
  dev: ['model', 'config', 'transfer', 'providers', 'bridge', 'activities', 'ops'],
};

const zones = folders.flatMap((folder) =>
  folders
    .filter((other) => other !== folder && !mayImport[folder].includes(other))
    .map((other) => ({
      target: `./src/${folder}`,
      from: `./src/${other}`,
      message: `src/${folder} may import only: ${[...mayImport[folder], 'itself'].join(', ')} (docs/architecture.md).`,
    })),
);

const nodeBuiltins = {
  group: ['node:*', 'fs', 'path', 'crypto', 'http', 'https', 'stream', 'os'],
  message: 'No Node built-in here: it must run in the workflow sandbox.',
};
const noTemporal = { group: ['@temporalio/*'], message: 'This layer knows nothing of Temporal.' };
const noZod = { group: ['zod'], message: 'No zod here: it bloats every cached workflow context.' };
const processEnv = {
  selector: 'MemberExpression[object.name="process"][property.name="env"]',
  message: 'process.env is read in src/config/ alone.',
};

export default tseslint.config(
  { ignores: ['dist/**', 'node_modules/**', 'coverage/**'] },
  js.configs.recommended,
  {
    files: ['**/*.ts'],
    extends: [...tseslint.configs.strictTypeChecked],
    languageOptions: { parserOptions: { project: './tsconfig.test.json', tsconfigRootDir: import.meta.dirname } },
    plugins: { 'import-x': importX },
    settings: { 'import-x/resolver': { node: { extensions: ['.ts', '.js'] } } },
    rules: {
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/no-explicit-any': 'error',
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true, allowBoolean: true }],
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
      '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
      '@typescript-eslint/consistent-type-imports': 'error',
      'import-x/no-restricted-paths': ['error', { zones }],
      'import-x/no-cycle': 'error',
    },
  },
  { files: ['src/**/*.ts'], ignores: ['src/config/**'], rules: { 'no-restricted-syntax': ['error', processEnv] } },
  {
    files: ['src/model/**/*.ts'],
    rules: { 'no-restricted-imports': ['error', { patterns: [nodeBuiltins, noTemporal, noZod] }] },
  },
  {
    files: ['src/workflows/**/*.ts'],
    rules: {
      'no-restricted-imports': [
        'error',
        {
          patterns: [
            nodeBuiltins,
            noZod,
            {
              group: ['@temporalio/*', '!@temporalio/workflow', '!@temporalio/common'],
              message: 'Workflow code imports @temporalio/workflow alone.',
            },
          ],
        },
      ],
      '@typescript-eslint/no-restricted-imports': [
        'error',
        {
          patterns: [
            {
              regex: '/(activities|config|transfer|providers|ingest|catalogue|bridge|load)/',
              allowTypeImports: true,
              message: 'Workflows import types alone from outside workflows/ and model/.',
            },
          ],
        },
      ],
      'no-restricted-globals': ['error', 'setInterval', 'fetch', 'process'],
    },
  },
  {
    files: ['transfer', 'providers', 'ingest', 'catalogue', 'load'].map((folder) => `src/${folder}/**/*.ts`),
    rules: { 'no-restricted-imports': ['error', { patterns: [noTemporal] }] },
  },
  {
    files: ['src/config/**/*.ts'],
    rules: {
      'no-restricted-imports': [
        'error',
        { patterns: [{ ...noTemporal, group: ['@temporalio/*', '!@temporalio/envconfig'] }] },
      ],
    },
  },
  {
    files: ['test/**/*.ts', 'bench/**/*.ts'],
    rules: { '@typescript-eslint/no-non-null-assertion': 'off' },
  },
  {
    files: ['**/*.js', '**/*.mjs', '**/*.cjs'],
    languageOptions: {
      globals: {
        process: 'readonly',
        console: 'readonly',
        module: 'writable',
        require: 'readonly',
        __dirname: 'readonly',
        setTimeout: 'readonly',
        clearTimeout: 'readonly',
        URL: 'readonly',
        fetch: 'readonly',
        Buffer: 'readonly',
        performance: 'readonly',
      },
    },
  },
);
