/** The entries of docs/runbook.md, one for each error code, from the table of errors and its repairs. Pure. */
'use strict';

const MARKED = /(<!-- codes -->)[^]*?(<!-- \/codes -->)/;

/** What is for the reader to fill in would be taken for HTML. */
const escaped = (text) => text.replaceAll('<', '&lt;');

const commandBlock = (steps) => {
  const width = Math.max(...steps.map(({ command }) => command.length));
  const lines = steps.map(({ command, why }) => `$ ${command.padEnd(width)}  # ${why}`);
  return ['```console', ...lines, '```'].join('\n');
};

const entryOf = (code, { kind, retryable, meaning, hint }, exitCodes, steps) => {
  const again = retryable ? 'tried again by itself' : 'not tried again';
  return `#### ${code}

${escaped(meaning)} Exit code ${exitCodes[kind]}, ${again}. ${escaped(hint)}

${commandBlock(steps)}`;
};

/** The page with an entry for each code between its marks. Throws an Error where the page has none. */
const withCodes = (page, { errors, exitCodes, repairOf }) => {
  if (!MARKED.test(page)) throw new Error('docs/runbook.md has no <!-- codes --> … <!-- /codes -->');
  const kinds = Object.keys(exitCodes).filter((kind) => Object.values(errors).some((entry) => entry.kind === kind));
  const parts = kinds.map((kind) => {
    const entries = Object.entries(errors).filter(([, entry]) => entry.kind === kind);
    return [
      `### Exit code ${exitCodes[kind]}: ${kind}`,
      ...entries.map(([code, entry]) => entryOf(code, entry, exitCodes, repairOf(code))),
    ].join('\n\n');
  });
  return page.replace(MARKED, (_, head, tail) => `${head}\n\n${parts.join('\n\n')}\n\n${tail}`);
};

module.exports = { withCodes };
