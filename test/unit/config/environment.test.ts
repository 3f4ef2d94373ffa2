import { hostname } from 'node:os';
import * as path from 'node:path';
import { childEnv, readEnvironment } from '../../../src/config/environment';
import { errorOf } from './support';

test('defaults', () => {
  expect(readEnvironment({ HOME: '/home/someone' })).toEqual({
    configDir: path.resolve('configs'),
    logLevel: 'INFO',
    logFormat: 'json',
    transferMemoryBytes: 128 * 1024 ** 2,
    maxBytesPerSec: null,
    transferSlots: 32,
    maxWorkers: 256,
    apiCallsPerSec: 100,
    transfersPerSec: null,
    deployment: null,
    metricsAddress: null,
    healthAddress: null,
    cacheDir: '/home/someone/.cache/longhaul',
    host: hostname().replace(/[^A-Za-z0-9._-]/g, '-'),
  });
});

test('every variable is read', () => {
  const settings = readEnvironment({
    LONGHAUL_CONFIG_DIR: '/etc/longhaul',
    LONGHAUL_LOG_LEVEL: 'debug',
    LONGHAUL_LOG_FORMAT: 'pretty',
    LONGHAUL_TRANSFER_MEMORY_MB: '256',
    LONGHAUL_MAX_BYTES_PER_SEC: '12500000000',
    LONGHAUL_TRANSFER_SLOTS: '8',
    LONGHAUL_MAX_WORKERS: '24',
    LONGHAUL_API_CALLS_PER_SEC: '50',
    LONGHAUL_TRANSFERS_PER_SEC: '200',
    LONGHAUL_DEPLOYMENT_NAME: 'movers',
    LONGHAUL_BUILD_ID: '2026.08.1',
    LONGHAUL_METRICS_ADDRESS: '0.0.0.0:9464',
    LONGHAUL_HEALTH_ADDRESS: ':8080',
    XDG_CACHE_HOME: '/var/cache',
    LONGHAUL_HOST: 'instrument pc/7',
  });
  expect(settings).toEqual({
    configDir: '/etc/longhaul',
    logLevel: 'DEBUG',
    logFormat: 'pretty',
    transferMemoryBytes: 256 * 1024 ** 2,
    maxBytesPerSec: 12_500_000_000,
    transferSlots: 8,
    maxWorkers: 24,
    apiCallsPerSec: 50,
    transfersPerSec: 200,
    deployment: { deploymentName: 'movers', buildId: '2026.08.1' },
    metricsAddress: '0.0.0.0:9464',
    healthAddress: '0.0.0.0:8080',
    cacheDir: '/var/cache/longhaul',
    host: 'instrument-pc-7',
  });
});

test.each([
  ['8080', '127.0.0.1:8080'],
  ['[::1]:8080', '[::1]:8080'],
  ['', null],
])('the address %j means %j', (given, expected) => {
  expect(readEnvironment({ LONGHAUL_HEALTH_ADDRESS: given }).healthAddress).toBe(expected);
});

test.each([
  ['LONGHAUL_LOG_LEVEL', 'loud', 'DEBUG, INFO, WARNING, ERROR'],
  ['LONGHAUL_LOG_FORMAT', 'xml', 'json, pretty'],
  ['LONGHAUL_TRANSFER_MEMORY_MB', '128M', 'a whole number'],
  ['LONGHAUL_TRANSFER_SLOTS', '0', 'a whole number from 1'],
  ['LONGHAUL_MAX_BYTES_PER_SEC', '10MB', 'a whole number from 1'],
  ['LONGHAUL_MAX_WORKERS', '257', 'a whole number from 1 to 256'],
  ['LONGHAUL_TRANSFERS_PER_SEC', '0', 'a whole number from 1'],
  ['LONGHAUL_DEPLOYMENT_NAME', 'a.b', 'letters'],
  ['LONGHAUL_BUILD_ID', '__1', 'letters'],
  ['LONGHAUL_METRICS_ADDRESS', 'host:99999', 'host:port'],
  ['LONGHAUL_HEALTH_ADDRESS', 'http://host:1', 'host:port'],
])('%s=%s is refused by name', (name, value, expected) => {
  const error = errorOf(() => readEnvironment({ [name]: value }));
  expect(error).toMatchObject({ code: 'ConfigInvalid', exitCode: 3 });
  expect(error.message).toContain(`Environment variable ${name}: expected ${expected}`);
  expect(error.message).toContain(value);
});

test('a relative XDG_CACHE_HOME is ignored, as its specification says', () => {
  expect(readEnvironment({ HOME: '/h', XDG_CACHE_HOME: 'cache' }).cacheDir).toBe('/h/.cache/longhaul');
});

test('a child gets our variables, changed and removed as asked', () => {
  expect(childEnv({ B: '2', C: undefined }, { A: '1', B: '1', C: '1' })).toEqual({ A: '1', B: '2' });
});
