/** Whether a line that begins with `longhaul` is one that the command understands. Runs nothing. */
import type { Command } from 'commander';
import { createProgram } from '../../../src/client/main';

/** Words of a line as a shell splits them, quotes apart. */
const wordsOf = (line: string): string[] =>
  (line.match(/'[^']*'|"[^"]*"|\S+/g) ?? []).map((word) => word.replace(/^(['"])(.*)\1$/s, '$2'));

const optionFault = (command: Command, words: string[], positional: string[]): string | undefined => {
  for (let word = words.shift(); word !== undefined; word = words.shift()) {
    if (!word.startsWith('-') || word === '-') {
      positional.push(word);
      continue;
    }
    const [name = '', inline] = word.split('=', 2);
    const option = command.options.find(({ long, short }) => long === name || short === name);
    if (option === undefined) {
      if (['--help', '-h'].includes(name)) continue;
      return `${command.name()} has no option ${name}`;
    }
    if (!option.required && !option.optional) continue;
    const value = inline ?? words.shift();
    if (value === undefined) return `${name} needs a value`;
    if (option.argChoices !== undefined && !option.argChoices.includes(value)) return `${name} cannot be ${value}`;
    while (option.variadic && words[0]?.startsWith('-') === false) words.shift();
  }
  return undefined;
};

/** What is wrong with the line; undefined where it could be run, and for lines of other programs. */
export const commandLineFault = (line: string): string | undefined => {
  const [program, ...words] = wordsOf(line);
  if (program !== 'longhaul') return undefined;
  let command = createProgram();
  for (;;) {
    const next = command.commands.find((each) => each.name() === words[0]);
    if (next === undefined) break;
    command = next;
    words.shift();
  }
  const positional: string[] = [];
  const fault = optionFault(command, words, positional);
  if (fault !== undefined) return fault;
  const { registeredArguments: known } = command;
  const [unknown] = known.some(({ variadic }) => variadic) ? [] : positional.slice(known.length);
  if (unknown !== undefined) return `${command.name()} takes no "${unknown}"`;
  const missing = known.filter(({ required }) => required)[positional.length];
  return missing === undefined ? undefined : `${command.name()} needs <${missing.name()}>`;
};
