import type { Command } from 'commander';
import { type ErrorCode, ERRORS, LonghaulError } from '../../model/errors';
import { defineCommand } from '../lib/command/command';
import { heavy } from '../lib/heavy';
import { type Output, outputOf } from '../lib/print/output';

const topicsText = (): string => {
  const { TOPICS } = heavy.helpTopics();
  const width = Math.max(...TOPICS.map(({ name }) => name.length));
  return TOPICS.map(({ name, about }) => `  ${name.padEnd(width)}  ${about}`).join('\n');
};

/** The command that the words name, as far as they name one: `schedule create` but not `schedule nightly`. */
const commandAt = (program: Command, words: readonly string[]): Command | undefined =>
  words.reduce<Command | undefined>((at, word) => at?.commands.find((command) => command.name() === word), program);

const errorCodeOf = (word: string): ErrorCode | undefined =>
  (Object.keys(ERRORS) as ErrorCode[]).find((code) => code.toLowerCase() === word.toLowerCase());

const showPage = (output: Output, name: string, page: string): void => {
  const { pageText } = heavy.helpTopics();
  output.data({ topic: name, text: pageText(page) }, () => pageText(page, output.io.stdout.columns));
};

/** The page of a topic or of an error code. Throws InvalidInput that lists the topics. */
const pageOf = (words: readonly string[]): { name: string; page: string } => {
  const { TOPICS, codePage, topicPage } = heavy.helpTopics();
  const [word = '', ...more] = words;
  const topic = TOPICS.find(({ name }) => name === word);
  const code = errorCodeOf(word);
  if (more.length === 0 && topic !== undefined) return { name: topic.name, page: topicPage(topic) };
  if (more.length === 0 && code !== undefined) return { name: code, page: codePage(code) };
  const known = TOPICS.map(({ name }) => name).join(', ');
  throw new LonghaulError(
    'InvalidInput',
    `There is no help for "${words.join(' ').slice(0, 60)}"; topics are ${known}, and every command and error code.`,
  );
};

const showOverview = (output: Output, program: Command): void => {
  const topics = heavy.helpTopics().TOPICS.map(({ name, about }) => ({ name, about }));
  output.data(
    { commands: program.commands.map((each) => each.name()), topics },
    () => `${program.helpInformation().trimEnd()}\n\nTopics of longhaul help:\n${topicsText()}`,
  );
};

/** `longhaul help [topic]`, in place of commander's own, which knows commands alone. */
export const register = (program: Command): void => {
  program.helpCommand(false);
  const command = defineCommand(program, {
    usage: 'help',
    description: 'explain a topic, an error code or a command; without one, list them',
    examples: [
      'longhaul help',
      'longhaul help exit-codes',
      'longhaul help SourceStalled',
      'longhaul help schedule create',
    ],
  }).argument('[topic...]', 'such as environment, schedules, TargetBusy, export');
  command.action((words: string[]) => {
    const output = outputOf(command);
    const asked = commandAt(program, words);
    if (asked === program) {
      showOverview(output, program);
    } else if (asked === undefined) {
      const { name, page } = pageOf(words);
      showPage(output, name, page);
    } else {
      asked.outputHelp();
    }
  });
};
