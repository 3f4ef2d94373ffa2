import { existsSync, readFileSync, readdirSync } from 'node:fs';
import * as path from 'node:path';
import { PROVIDER_NAMES } from '../../../src/config/provider-schemas';

const ROOT = path.join(__dirname, '../../..');
const read = (name: string): string => readFileSync(path.join(ROOT, name), 'utf8');

interface Policy {
  readonly Statement?: readonly { readonly Action: string | readonly string[] }[];
}

test('docs/iam.md: every JSON block is JSON, and each action has a row that says what for', () => {
  const page = read('docs/iam.md');
  const blocks = [...page.matchAll(/```json\n(.*?)```/gs)].map((match) => JSON.parse(match[1] ?? '') as Policy);
  expect(blocks).toHaveLength(7);
  const actions = blocks.flatMap((policy) => policy.Statement ?? []).flatMap((statement) => statement.Action);
  expect(actions.length).toBeGreaterThan(10);
  for (const action of actions) expect(page).toMatch(new RegExp(`^\\| \`${action}\` +\\|`, 'm'));
});

test('docs/guide-export.md says how each provider is configured', () => {
  const guide = read('docs/guide-export.md');
  for (const name of PROVIDER_NAMES.filter((one) => one !== 'rapid7')) expect(guide).toContain(`"provider": "${name}"`);
});

test('links between the papers lead somewhere', () => {
  const papers = ['CONTRIBUTING.md', 'CHANGELOG.md', 'docs/iam.md'];
  for (const folder of ['docs/decisions', 'docs/reference']) {
    papers.push(...readdirSync(path.join(ROOT, folder)).map((name) => `${folder}/${name}`));
  }
  for (const paper of papers) {
    const links = [...read(paper).matchAll(/\]\(([^)#]+)[^)]*\)/g)].map((match) => match[1] ?? '');
    for (const link of links.filter((target) => !target.startsWith('http'))) {
      expect({ paper, link, there: existsSync(path.join(ROOT, path.dirname(paper), link)) }).toEqual({
        paper,
        link,
        there: true,
      });
    }
  }
});

test('every decision is in the list of decisions', () => {
  const list = read('docs/decisions/README.md');
  const decisions = readdirSync(path.join(ROOT, 'docs/decisions')).filter((name) => /^\d{4}-/.test(name));
  for (const name of decisions) expect(list).toContain(`(${name})`);
});
