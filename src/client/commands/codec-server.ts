import { type Command, Option } from 'commander';
import { parseAddress } from '../../config/address';
import { LonghaulError } from '../../model/errors';
import { defineCommand } from '../lib/command/command';
import { heavy } from '../lib/heavy';
import type { LoginOptions } from '../../ops/login-tokens';
import { outputOf } from '../lib/print/output';

/** Beside the Web UI of `temporal server start-dev`. */
const DEFAULT_ADDRESS = '127.0.0.1:8234';
const DEFAULT_ORIGINS = ['http://localhost:8233', 'http://127.0.0.1:8233'];

interface Options {
  readonly address: string;
  readonly origin: readonly string[];
  readonly auth: boolean;
  readonly loginIssuer?: string;
  readonly loginAudience?: string;
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

/** In clear text only where nobody can listen. */
const issuerOf = (text: string): string => {
  const url = URL.canParse(text) ? new URL(text) : null;
  const isLocal = url?.protocol === 'http:' && /^(?:127(?:\.\d{1,3}){3}|localhost|\[::1\])$/.test(url.hostname);
  if (url?.protocol === 'https:' || isLocal) return text;
  throw new LonghaulError(
    'InvalidInput',
    `--login-issuer: expected https://…, as tokens name it in "iss", got "${text}".`,
  );
};

/** Throws InvalidInput where one is given without the other: tokens for other services must not open this one. */
const loginOf = ({ loginIssuer: issuer, loginAudience: audience }: Options): LoginOptions | undefined => {
  if (issuer !== undefined && audience !== undefined) return { issuer, audience };
  if (issuer === undefined && audience === undefined) return undefined;
  throw new LonghaulError('InvalidInput', '--login-issuer and --login-audience need each other.');
};

/** `longhaul codec-server` */
export const register = (program: Command): void => {
  const command = defineCommand(program, {
    usage: 'codec-server',
    description: 'decrypt payloads for the Temporal Web UI and the temporal command',
    examples: [
      'longhaul codec-server --no-auth',
      'longhaul codec-server --address :8234 --origin https://temporal.example.com',
      'longhaul codec-server --origin https://temporal.example.com --login-issuer https://login.example.com/ --login-audience temporal',
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
    .addOption(
      new Option(
        '--login-issuer <url>',
        'take access tokens of this OpenID Connect issuer too, which the Web UI can pass on',
      ).argParser(issuerOf),
    )
    .option('--login-audience <name>', 'what such tokens must be for')
    .option('--no-auth', 'ask for no LONGHAUL_CODEC_SERVER_TOKEN: on addresses of this machine alone');
  command.action(async (options: Options) => {
    const { address, origin, auth } = options;
    const login = loginOf(options);
    const request = { address, origins: origin, auth, ...(login === undefined ? {} : { login }) };
    await heavy.runCodecServer().runCodecServer(outputOf(command), request);
  });
};
