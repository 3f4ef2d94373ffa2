/** The token of `longhaul codec-server`. */
import { LonghaulError } from '../model/errors';
import { Secret } from '../model/secret';
import { type EnvironmentVariables, readVariable } from './read-variable';
import { CODEC_SERVER_TOKEN } from './payload-variables';

/** A shorter token can be guessed over a network. */
const MIN_TOKEN_LENGTH = 16;

export const hasCodecServerToken = (env: EnvironmentVariables = process.env): boolean =>
  readVariable(env, CODEC_SERVER_TOKEN) !== null;

/** Throws ConfigInvalid where the variable is not set, or too short to be a secret. */
export const codecServerToken = (env: EnvironmentVariables = process.env): Secret => {
  const token = readVariable(env, CODEC_SERVER_TOKEN);
  if (token === null) {
    const message = `${CODEC_SERVER_TOKEN} is not set: put a bearer token there, or give --no-auth on a machine of your own.`;
    throw new LonghaulError('ConfigInvalid', message);
  }
  if (token.length < MIN_TOKEN_LENGTH || /\s/.test(token)) {
    const message = `${CODEC_SERVER_TOKEN} must have at least ${MIN_TOKEN_LENGTH} characters and no spaces; make one with: openssl rand -hex 32.`;
    throw new LonghaulError('ConfigInvalid', message);
  }
  return new Secret(token);
};
