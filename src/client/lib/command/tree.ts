/** The commands as data: what the completions of all shells are written from. Pure. */
import type { Command, Option } from 'commander';

export interface OptionNode {
  /** `--json`, `-V`: every way to write it. */
  readonly flags: readonly string[];
  readonly description: string;
  readonly takesValue: boolean;
  /** What its value may be; none where it is free. */
  readonly choices: readonly string[];
  /** Its value is the name of a file or folder. */
  readonly isPath: boolean;
}

export interface CommandNode {
  /** Words after `longhaul`: `schedule create`; empty for `longhaul` itself. */
  readonly path: string;
  readonly name: string;
  readonly description: string;
  readonly options: readonly OptionNode[];
  /** What its first argument may be, where that is a choice. */
  readonly argumentChoices: readonly string[];
  /** Its first argument is the name of a file. */
  readonly takesFile: boolean;
  readonly commands: readonly CommandNode[];
}

/** By the name in the angle brackets, which is part of the interface. */
const PATH_VALUE = /<(file|folder)>/;

const optionNode = (option: Option): OptionNode => ({
  flags: [option.short, option.long].filter((flag) => flag !== undefined),
  description: option.description,
  // Not isBoolean(): commander says no of --no-… options, which take none either.
  takesValue: option.required || option.optional,
  choices: option.argChoices ?? [],
  isPath: PATH_VALUE.test(option.flags),
});

const HELP: OptionNode = {
  flags: ['-h', '--help'],
  description: 'display help for command',
  takesValue: false,
  choices: [],
  isPath: false,
};

const nodeOf = (command: Command, path: readonly string[]): CommandNode => ({
  path: path.join(' '),
  name: command.name(),
  description: command.description(),
  options: [...command.options.filter((option) => !option.hidden).map(optionNode), HELP],
  argumentChoices: command.registeredArguments[0]?.argChoices ?? [],
  takesFile: command.registeredArguments[0]?.name() === 'file',
  commands: command.commands.map((child) => nodeOf(child, [...path, child.name()])),
});

/** `longhaul` and all below it. */
export const commandTree = (program: Command): CommandNode => nodeOf(program, []);

/** The node and all below it, parents first. */
export const allNodes = (root: CommandNode): CommandNode[] => [root, ...root.commands.flatMap(allNodes)];
