import { type Command, Option } from 'commander';
import { parseAddress } from '../../config/address';
import { LonghaulError } from '../../model/errors';
import { defineCommand } from '../lib/command';
import { heavy } from '../lib/heavy';
import { outputOf } from '../lib/output';

/** Beside the Web UI of `temporal server start-dev`. */
const DEFAULT_ADDRESS = '127.0.0.1:8234';
const DEFAULT_ORIGINS = ['http://localhost:8233', 'http://127.0.0.1:8233'];

interface Options {
  readonly address: string;
  readonly origin: readonly string[];
  readonly auth: boolean;
}

const addressOf = (text: string): string => {
  const address = parseAddress(text);
  if (address === null) throw new LonghaulError('InvalidInput', `--address: expected host:port, got "${text}".`);
  return address;
};

/** What a browser sends in `Origin`: scheme, host and port, nothing behind. */
const originOf = (text: string, before: readonly string[]): string[] => {
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url === null || !/^https?:$/.test(url.protocol) || `${url.origin}/` !== url.href) {
    const message = `--origin: expected the address of a Web UI such as https://temporal.example.com, got "${text}".`;
    throw new LonghaulError('InvalidInput', message);
  }
  return [...(before === DEFAULT_ORIGINS ? [] : before), url.origin];
};

/** `longhaul codec-server` */
export const register = (program: Command): void => {
  const command = defineCommand(program, {
    usage: 'codec-server',
    description: 'decrypt payloads for the Temporal Web UI and the temporal command',
    examples: [
      'longhaul codec-server --no-auth',
      'longhaul codec-server --address :8234 --origin https://temporal.example.com',
    ],
  })
    .addOption(
      new Option('--address <host:port>', 'where it listens; port 0: any free one')
        .argParser(addressOf)
        .default(DEFAULT_ADDRESS),
    )
    .addOption(
      new Option('--origin <url...>', 'the Web UI whose pages may ask')
        .argParser(originOf)
        .default(DEFAULT_ORIGINS, DEFAULT_ORIGINS.join(', ')),
    )
    .option('--no-auth', 'ask for no LONGHAUL_CODEC_SERVER_TOKEN: on addresses of this machine alone');
  command.action(async ({ address, origin, auth }: Options) => {
    await heavy.runCodecServer().runCodecServer(outputOf(command), { address, origins: origin, auth });
  });
};
