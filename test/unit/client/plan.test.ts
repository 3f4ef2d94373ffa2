/** `longhaul plan`: what it takes, and what it says. */
import { assumptionsOf } from '../../../src/client/lib/plan/assumptions';
import { spread } from '../../../src/client/lib/plan/sizes';
import { spreadOf } from '../../../src/client/lib/plan/message';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import * as path from 'node:path';

describe('assumptions', () => {
  let folder = '';
  beforeAll(async () => (folder = await mkdtemp(path.join(tmpdir(), 'longhaul-plan-'))));
  afterAll(() => rm(folder, { recursive: true, force: true }));
  const file = async (text: string): Promise<string> => {
    const name = path.join(folder, 'assumptions.json');
    await writeFile(name, text);
    return name;
  };

  it('are the defaults, then the file, then the flags', async () => {
    const given = await file('{"worker.processes": 3, "price.vcpu_hour": 0}');
    expect(await assumptionsOf(['worker.processes=4'], given)).toMatchObject({
      'worker.processes': 4,
      'price.vcpu_hour': 0,
      'temporal.child_weight': 3,
    });
  });

  it.each([
    ['price.s3_write=1', /no "price\.s3_write"; do you mean price\.s3_(write|gb)/],
    ['worker.processes', /expected name=value/],
    ['worker.processes=0', /must be a number above 0, got 0/],
    ['worker.processes=many', /must be a number above 0, got "many"/],
    ['price.vcpu_hour=-1', /must be a number, 0 or more, got -1/],
  ])('refuses %s', async (flag, message) => {
    await expect(assumptionsOf([flag])).rejects.toMatchObject({
      code: 'InvalidInput',
      message: expect.stringMatching(message) as unknown,
    });
  });

  it('names the file that is wrong', async () => {
    await expect(assumptionsOf([], path.join(folder, 'none.json'))).rejects.toThrow(
      /none\.json cannot be read \(ENOENT\)/,
    );
    await expect(assumptionsOf([], await file('{'))).rejects.toThrow(/is not JSON/);
    await expect(assumptionsOf([], await file('[]'))).rejects.toThrow(/must hold one object/);
  });
});

describe('sample', () => {
  it('is spread over all, without repeats', () => {
    const items = Array.from({ length: 10 }, (_, n) => n);
    expect(spread(items, 3)).toEqual([0, 3, 6]);
    expect(spread(items, 0)).toEqual([]);
    expect(spread(items, 20)).toEqual(items);
  });
});

describe('keys', () => {
  it('are counted by folder', () => {
    expect(spreadOf(['a/x', 'a/y', 'b/z', 'c'])).toEqual({ folders: 3, largest: 'a/', largestShare: 0.5 });
    expect(spreadOf([])).toEqual({ folders: 0, largest: '', largestShare: 0 });
  });
});
