import { ProgressView, viewFor } from '../../../src/client/lib/follow/progress-view';
import { progressOf } from './progress';

const capture = (isTTY: boolean) => {
  const written: string[] = [];
  return { written, stream: { isTTY, columns: 120, write: (text: string) => written.push(text) } };
};

const ESC = '\u001b';
const COLOUR = new RegExp(`${ESC}\\[\\d+m`, 'g');
const TOKEN = new RegExp(`${ESC}\\[(\\d+)A|${ESC}\\[J|\\r|\\n|[^${ESC}\\r\\n]+`, 'g');

/** What a terminal shows after these writes: only the sequences that the view uses are known. */
const screenOf = (writes: readonly string[]): string[] => {
  const lines = [''];
  let row = 0;
  // Cursor up, erase below, carriage return, line feed, text.
  for (const [token, up] of writes.join('').replace(COLOUR, '').matchAll(TOKEN)) {
    if (up !== undefined) row -= Number(up);
    else if (token === `${ESC}[J`) lines.splice(row, Infinity, '');
    else if (token === '\n') {
      row += 1;
      lines[row] ??= '';
    } else if (token !== '\r') lines[row] = token;
  }
  return lines;
};

describe('on a terminal', () => {
  it('redraws in place, also when the block gets shorter', () => {
    const { written, stream } = capture(true);
    const view = viewFor(stream, false, 'data');
    const failures = [{ n: 3, source: 's3://b/k', code: 'SourceNotFound', message: 'gone' }];
    view.update(progressOf({ failures }), []);
    view.update(progressOf({ stage: 'publishing' }), []);
    const screen = screenOf(written);
    expect(screen[0]).toBe('export-project_01-nightly  publishing · project project_01');
    expect(screen).toHaveLength(5 + 1);
    expect(screen.join('\n')).not.toContain('gone');
  });

  it('a note stays above the block, and what comes after end() below it', () => {
    const { written, stream } = capture(true);
    const view = viewFor(stream, false, 'data');
    view.update(progressOf(), []);
    view.note('The server is away.');
    view.update(progressOf(), []);
    view.end();
    stream.write('done\n');
    const screen = screenOf(written);
    expect(screen[0]).toBe('The server is away.');
    expect(screen[1]).toBe('export-project_01-nightly  moving records · project project_01');
    expect(screen.slice(-2)).toEqual(['done', '']);
  });
});

describe('in a pipe', () => {
  it('writes a line when the stage changes, when all is done, and every 10 s; no escape sequences', () => {
    const { written, stream } = capture(false);
    let nowMs = 1_000_000;
    const view = new ProgressView(stream, 'plain', () => nowMs);
    view.update(progressOf({ stage: 'listing' }), []);
    view.update(progressOf(), []);
    view.update(progressOf(), []);
    expect(written).toHaveLength(2);
    nowMs += 9_999;
    view.update(progressOf(), []);
    expect(written).toHaveLength(2);
    nowMs += 1;
    view.update(progressOf(), []);
    expect(written).toHaveLength(3);
    view.update(progressOf({ paused: true }), []);
    expect(written).toHaveLength(4);
    const all = progressOf({ paused: true, totals: { ...progressOf().totals, records: 1500 } });
    view.update(all, []);
    view.update(all, []);
    expect(written).toHaveLength(5);
    expect(written.join('')).not.toContain('\u001b');
  });

  it('says below the line what keeps a transfer waiting', () => {
    const { written, stream } = capture(false);
    const trouble = { code: 'DestinationUnreachable', message: 'Writing part 3 failed: ECONNREFUSED' } as const;
    const transfer = {
      n: 8,
      activity: 'transferParts',
      bytes: 2_048,
      sizeBytes: null,
      attempt: 1,
      lastError: null,
      trouble,
    };
    viewFor(stream, false, 'data').update(progressOf(), [
      transfer,
      { ...transfer, n: 9 },
      { ...transfer, trouble: null },
    ]);
    expect(written[1]).toBe(
      '  #8      2.0 KiB · trying again: Writing part 3 failed: ECONNREFUSED [DestinationUnreachable], and 1 more\n',
    );
    expect(written).toHaveLength(2);
  });

  it('writes each failed record once', () => {
    const { written, stream } = capture(false);
    const view = viewFor(stream, false, 'data');
    const failures = [{ n: 3, source: 's3://b/k', code: 'SourceNotFound', message: 'gone' }];
    view.update(progressOf({ failures }), []);
    view.update(progressOf({ failures }), []);
    expect(written.filter((line) => line === 'failed #3 s3://b/k: gone [SourceNotFound]\n')).toHaveLength(1);
  });
});

it('with --json each look is one line where progress is the data, and nothing where it is not', () => {
  const data = capture(true);
  viewFor(data.stream, true, 'data').update(progressOf(), []);
  expect(JSON.parse(data.written.join(''))).toEqual({ type: 'progress', progress: progressOf(), inFlight: [] });
  const aside = capture(true);
  const silent = viewFor(aside.stream, true, 'aside');
  silent.update(progressOf(), []);
  silent.note('hello');
  expect(aside.written).toEqual([]);
});
