import { Argument, type Command } from 'commander';
import { defineCommand } from '../lib/command/command';
import { completionScript, SHELLS, type Shell } from '../lib/command/completion';
import { commandTree } from '../lib/command/tree';
import { outputOf } from '../lib/print/output';

/** `longhaul completion <shell>` */
export const register = (program: Command): void => {
  const command = defineCommand(program, {
    usage: 'completion',
    description: 'print what completes commands, options and choices in a shell',
    examples: [
      'longhaul completion bash > ~/.local/share/bash-completion/completions/longhaul',
      'longhaul completion zsh > ~/.zfunc/_longhaul',
      'longhaul completion fish > ~/.config/fish/completions/longhaul.fish',
    ],
  }).addArgument(new Argument('<shell>', 'which one').choices(SHELLS));
  command.action((shell: Shell) => {
    const script = completionScript(shell, commandTree(program));
    outputOf(command).data({ shell, script }, (made) => made.script.trimEnd());
  });
};
