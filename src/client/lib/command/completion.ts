/**
 * Completion scripts of bash, zsh and fish, written from the command tree. They hold all they complete, so that a Tab starts no
 * process. Pure.
 */
import { allNodes, type CommandNode, type OptionNode } from './tree';

export const SHELLS = ['bash', 'zsh', 'fish'] as const;
export type Shell = (typeof SHELLS)[number];

/** In single quotes, as POSIX shells and zsh read them. */
const quoted = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;
/** fish knows backslashes inside single quotes. */
const quotedForFish = (text: string): string => `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;

const wordsOf = (node: CommandNode): string[] => [
  ...node.commands.map((command) => command.name),
  ...node.argumentChoices,
  ...node.options.flatMap(({ flags }) => flags),
];

const withValue = (node: CommandNode): OptionNode[] => node.options.filter((option) => option.takesValue);
const caseOf = (node: CommandNode, option: OptionNode): string =>
  option.flags.map((flag) => quoted(`${node.path}|${flag}`)).join(' | ');

const bashValues = (node: CommandNode, option: OptionNode): string => {
  const answer =
    option.choices.length > 0 ? `values=${quoted(option.choices.join(' '))}` : option.isPath ? 'files=1' : 'free=1';
  return `    ${caseOf(node, option)}) ${answer} ;;`;
};

/** bash 3.2, as macOS has it, can run it. */
const bashScript = (root: CommandNode): string => {
  const nodes = allNodes(root);
  const groups = nodes.filter((node) => node.path !== '').map((node) => quoted(node.path));
  return `# bash completion of longhaul. Written by: longhaul completion bash
_longhaul() {
  local word current previous path='' values='' files='' free='' words='' index
  current="\${COMP_WORDS[COMP_CWORD]}"
  previous="\${COMP_WORDS[COMP_CWORD - 1]}"
  # bash takes = for a word of its own.
  [ "$current" = '=' ] && current=''
  [ "$previous" = '=' ] && previous="\${COMP_WORDS[COMP_CWORD - 2]}"
  for ((index = 1; index < COMP_CWORD; index++)); do
    word="\${COMP_WORDS[index]}"
    case "\${path:+$path }$word" in
    ${groups.join(' | ')}) path="\${path:+$path }$word" ;;
    esac
  done
  case "$path|$previous" in
${nodes.flatMap((node) => withValue(node).map((option) => bashValues(node, option))).join('\n')}
  esac
  COMPREPLY=()
  [ -n "$free" ] && return
  if [ -z "$values$files" ]; then
    case "$path" in
${nodes.map((node) => `    ${quoted(node.path)}) words=${quoted(wordsOf(node).join(' '))}${node.takesFile ? ' files=1' : ''} ;;`).join('\n')}
    esac
    # Options only where one is begun: most who press Tab look for a command.
    case "$current" in
    -*) files='' ;;
    *) words="$(printf '%s\\n' $words | grep -v '^-')" ;;
    esac
  else
    words="$values"
  fi
  while IFS= read -r word; do COMPREPLY[\${#COMPREPLY[@]}]="$word"; done < <(compgen -W "$words" -- "$current")
  if [ -n "$files" ]; then
    compopt -o filenames 2>/dev/null
    while IFS= read -r word; do COMPREPLY[\${#COMPREPLY[@]}]="$word"; done < <(compgen -f -- "$current")
  fi
}
complete -F _longhaul longhaul
`;
};

/** Brackets and colons end what they stand in. */
const zshText = (text: string): string => text.replace(/[[\]:\\]/g, '\\$&');

const zshOption = (option: OptionNode): string[] =>
  option.flags.map((flag) => {
    const values =
      option.choices.length > 0 ? `:value:(${option.choices.join(' ')})` : option.isPath ? ':file:_files' : ':value:';
    return quoted(`${flag}[${zshText(option.description)}]${option.takesValue ? values : ''}`);
  });

const zshName = (node: CommandNode): string =>
  `_longhaul${node.path === '' ? '' : `_${node.path.replace(/[ -]/g, '_')}`}`;

const zshFunction = (node: CommandNode): string => {
  const options = node.options.flatMap(zshOption).map((line) => `    ${line} \\`);
  if (node.commands.length === 0) {
    const rest =
      node.argumentChoices.length > 0
        ? quoted(`1:value:(${node.argumentChoices.join(' ')})`)
        : quoted(node.takesFile ? '*:file:_files' : '*:value:');
    return [`${zshName(node)}() {`, '  _arguments \\', ...options, `    ${rest}`, '}'].join('\n');
  }
  const commands = node.commands.map(({ name, description }) => `    ${quoted(`${zshText(name)}:${description}`)}`);
  const cases = node.commands.map((command) => `    ${command.name}) ${zshName(command)} ;;`);
  return [
    `${zshName(node)}() {`,
    '  local line state',
    '  local -a commands',
    '  commands=(',
    ...commands,
    '  )',
    '  _arguments -C \\',
    ...options,
    "    '1:command:->command' '*::argument:->argument'",
    '  case "$state" in',
    "  command) _describe 'command' commands ;;",
    '  argument)',
    '    case "$line[1]" in',
    ...cases,
    '    esac',
    '    ;;',
    '  esac',
    '}',
  ].join('\n');
};

const zshScript = (root: CommandNode): string => `#compdef longhaul
# zsh completion of longhaul. Written by: longhaul completion zsh
${allNodes(root).map(zshFunction).join('\n')}
# Sourced it is registered; found in fpath it is run at once.
if [ "$funcstack[1]" = '_longhaul' ]; then _longhaul "$@"; else compdef _longhaul longhaul; fi
`;

const fishLines = (node: CommandNode): string[] => {
  const names = node.path === '' ? [] : node.path.split(' ');
  const children = node.commands.map(({ name }) => name);
  const seen = names.map((name) => `__fish_seen_subcommand_from ${name}`);
  const none = children.length > 0 ? [`not __fish_seen_subcommand_from ${children.join(' ')}`] : [];
  const condition = (parts: readonly string[]): string =>
    parts.length > 0 ? ` -n ${quotedForFish(parts.join('; and '))}` : '';
  const head = `complete -c longhaul${condition([...seen, ...none])}`;
  return [
    ...node.commands.map((child) => `${head} -f -a ${child.name} -d ${quotedForFish(child.description)}`),
    ...(node.argumentChoices.length > 0 ? [`${head} -f -a ${quotedForFish(node.argumentChoices.join(' '))}`] : []),
    ...(node.takesFile ? [`${head} -F`] : []),
    ...node.options.map((option) => {
      const flags = option.flags.map((flag) =>
        flag.startsWith('--') ? ` -l ${flag.slice(2)}` : ` -s ${flag.slice(1)}`,
      );
      const choices = option.choices.length > 0 ? ` -f -a ${quotedForFish(option.choices.join(' '))}` : '';
      const value = option.takesValue ? ` -r${choices}${option.isPath ? ' -F' : ''}` : '';
      return `complete -c longhaul${condition(seen)}${flags.join('')}${value} -d ${quotedForFish(option.description)}`;
    }),
  ];
};

const fishScript = (root: CommandNode): string => `# fish completion of longhaul. Written by: longhaul completion fish
complete -c longhaul -f
${allNodes(root).flatMap(fishLines).join('\n')}
`;

const SCRIPTS: Readonly<Record<Shell, (root: CommandNode) => string>> = {
  bash: bashScript,
  zsh: zshScript,
  fish: fishScript,
};

/** The script for one shell, to be put where that shell looks for completions, or to be sourced. */
export const completionScript = (shell: Shell, root: CommandNode): string => SCRIPTS[shell](root);
