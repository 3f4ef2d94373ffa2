import { spawnSync } from 'node:child_process';
import { createLogger, type LoggerOptions } from '../../../src/ops/logging';
import { temporalLogger } from '../../../src/ops/temporal-logging';

const record = (options: Omit<LoggerOptions, 'destination'> = {}) => {
  const lines: string[] = [];
  const logger = createLogger({ ...options, destination: { write: (line) => lines.push(line) } });
  return { logger, lines, objects: () => lines.map((line) => JSON.parse(line) as Record<string, unknown>) };
};

test('one JSON object per line: event, level, ts and the fields', () => {
  const { logger, objects, lines } = record({ base: { run: 'r1' } });
  logger.info('export.polled', { status: 'PROCESSING', polls: 3 });
  logger.warning('record.retried');
  expect(objects()).toEqual([
    {
      ts: expect.any(String) as string,
      level: 'INFO',
      event: 'export.polled',
      run: 'r1',
      status: 'PROCESSING',
      polls: 3,
    },
    { ts: expect.any(String) as string, level: 'WARNING', event: 'record.retried', run: 'r1' },
  ]);
  expect(new Date(String(objects()[0]?.ts)).toISOString()).toBe(objects()[0]?.ts);
  expect(lines.every((line) => line.endsWith('\n') && line.indexOf('\n') === line.length - 1)).toBe(true);
});

test.each([
  ['DEBUG', 4],
  ['INFO', 3],
  ['warning', 2],
  ['ERROR', 1],
  ['unheard of', 3],
])('level %s lets %d of the four through', (level, count) => {
  const { logger, lines } = record({ level });
  logger.debug('a');
  logger.info('b');
  logger.warning('c');
  logger.error('d');
  expect(lines).toHaveLength(count);
});

test('a child adds its fields and may have a level of its own', () => {
  const { logger, objects } = record();
  const child = logger.child({ project: 'p' }, 'DEBUG');
  child.debug('seen');
  logger.debug('not seen');
  expect(objects()).toEqual([expect.objectContaining({ event: 'seen', project: 'p' })]);
});

test('fields cannot pass themselves off as the event or the level', () => {
  const { logger, objects } = record();
  logger.info('real', { event: 'fake', level: 'ERROR', ts: 'never' });
  expect(objects()[0]).toMatchObject({ event: 'real', level: 'INFO' });
});

test.each(['json', 'pretty'] as const)('%s: errors come with stack and cause, and nothing secret', (format) => {
  const { logger, lines } = record({ format });
  const error = new Error('at https://h/f?X-Amz-Signature=0123456789abcdef', { cause: new Error('the cause') });
  logger.error('record.failed', { error, source: 'https://h/f?sig=0123456789abcdef' });
  const text = lines.join('');
  expect(text).toContain('record.failed');
  expect(text).toContain('logging.test.ts');
  expect(text).toContain('the cause');
  expect(text).not.toContain('0123456789abcdef');
});

test('pretty lines are for people', () => {
  const { logger, lines } = record({ format: 'pretty' });
  logger.info('export.polled', { status: 'IN PROGRESS', polls: 3 });
  expect(lines[0]).toMatch(/^\d\d:\d\d:\d\d INFO {4}export\.polled status="IN PROGRESS" polls=3\n$/);
});

test('Temporal: our own messages are events, the SDK’s are put under `temporal`', () => {
  const { logger, objects } = record();
  const log = temporalLogger(logger);
  log.info('export.polled', { sdkComponent: 'workflow', workflowId: 'w', taskToken: 'long' });
  log.warn('Workflow task failed', { sdkComponent: 'worker', error: new Error('x') });
  log.trace('unseen');
  expect(objects()).toHaveLength(2);
  expect(objects()[0]).toMatchObject({ event: 'export.polled', workflowId: 'w' });
  expect(objects()[0]).not.toHaveProperty('taskToken');
  expect(objects()[1]).toMatchObject({
    event: 'temporal',
    level: 'WARNING',
    message: 'Workflow task failed',
    component: 'worker',
  });
});

test('what the logger writes through loses no line when the process exits at once', () => {
  const script = `
    const pino = require('pino');
    const out = pino.destination({ dest: 2, sync: false });
    const writer = pino({}, { write: (line) => void out.write(line) });
    for (let i = 0; i < 2000; i += 1) writer.info({ i });
    process.exit(0);`;
  const { stdout, stderr } = spawnSync(process.execPath, ['-e', script], { encoding: 'utf8' });
  expect(stdout).toBe('');
  expect(stderr.trim().split('\n')).toHaveLength(2000);
});
