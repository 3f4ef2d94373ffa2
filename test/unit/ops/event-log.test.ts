import { createEventLogs } from '../../../src/ops/event-log';

const EVENT = {
  eventId: '550e8400-e29b-41d4-a716-446655440000',
  correlationId: '7c9b5a3e-4f2d-4b8e-9c7a-2d1e3f4a5b6c',
};
/** The order too: that is how people read the lines. */
const FIELDS = [
  'timestamp',
  'level',
  'correlation_id',
  'event_id',
  'service',
  'message',
  'duration_seconds',
  'bytes_transferred',
];

const record = (level?: string) => {
  const lines: string[] = [];
  const destination = { write: (line: string) => lines.push(line) };
  const logs = createEventLogs({ destination, ...(level === undefined ? {} : { level }) });
  return { logs, lines, objects: () => lines.map((line) => JSON.parse(line) as Record<string, unknown>) };
};

test('a line has exactly the eight fields, whatever is known', () => {
  const { logs, lines, objects } = record();
  logs(EVENT).info('transfer succeeded', { durationSeconds: 1.23456, bytesTransferred: 42 });
  logs({ eventId: null, correlationId: null }).error('the message is no event: not JSON');
  expect(objects().map((line) => Object.keys(line))).toEqual([FIELDS, FIELDS]);
  expect(objects()).toEqual([
    {
      timestamp: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/) as string,
      level: 'INFO',
      correlation_id: EVENT.correlationId,
      event_id: EVENT.eventId,
      service: 'transfer-worker',
      message: 'transfer succeeded',
      duration_seconds: 1.235,
      bytes_transferred: 42,
    },
    expect.objectContaining({ level: 'ERROR', event_id: null, duration_seconds: null, bytes_transferred: null }),
  ]);
  expect(lines.every((line) => line.indexOf('\n') === line.length - 1)).toBe(true);
});

test('the level of the process holds for these lines too', () => {
  const { logs, objects } = record('warning');
  const log = logs(EVENT);
  log.debug('a');
  log.info('b');
  log.warning('c');
  log.error('d');
  expect(objects().map(({ level }) => level)).toEqual(['WARNING', 'ERROR']);
});

test('nothing secret is written, in a message or in an id that a stranger has chosen', () => {
  const { logs, lines } = record();
  const url = 'https://bucket.example/key?X-Amz-Signature=0123456789abcdef';
  logs({ eventId: url, correlationId: 'password=hunter2hunter2' }).error(`GET ${url} failed`);
  expect(lines.join('')).toContain('https://bucket.example/key');
  expect(lines.join('')).not.toMatch(/0123456789abcdef|hunter2/);
});
