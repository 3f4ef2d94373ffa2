import { readFileSync } from 'node:fs';
import * as path from 'node:path';

interface Entry {
  readonly version?: string;
  readonly optionalDependencies?: Record<string, string>;
}

describe('package-lock.json', () => {
  it('names the native packages of every platform, or npm ci refuses it on all of them', () => {
    const file = path.resolve(__dirname, '..', '..', '..', 'package-lock.json');
    const { packages } = JSON.parse(readFileSync(file, 'utf8')) as { packages: Record<string, Entry> };
    const locked = new Set(Object.keys(packages).map((location) => location.split('node_modules/').at(-1)));
    const wanted = Object.values(packages).flatMap(({ optionalDependencies = {} }) =>
      Object.keys(optionalDependencies),
    );
    expect(wanted.length).toBeGreaterThan(10);
    expect(wanted.filter((name) => !locked.has(name))).toEqual([]);
  });
});
