import { LoginTokens } from '../../../src/ops/login-tokens';
import {
  confusedTokenOf,
  newSigningKey,
  startLoginIssuer,
  tokenOf,
  unsignedTokenOf,
  type LoginIssuer,
} from '../../support/login-issuer';

const NOW_MS = Date.parse('2026-01-31T10:00:00Z');
const NOW_SEC = NOW_MS / 1000;
const KEY = newSigningKey('k1');

let issuer: LoginIssuer;
let nowMs = NOW_MS;
let tokens: LoginTokens;
beforeEach(async () => {
  nowMs = NOW_MS;
  issuer = await startLoginIssuer(KEY);
  tokens = new LoginTokens({ issuer: issuer.url, audience: 'temporal' }, () => nowMs);
});
afterEach(() => issuer.close());

const claims = (changes: object = {}): Record<string, unknown> => ({
  iss: issuer.url,
  aud: ['other', 'temporal'],
  exp: NOW_SEC + 300,
  ...changes,
});

it.each(['RS256', 'PS256', 'ES256', 'EdDSA'] as const)('takes a token that is signed by %s', async (alg) => {
  const key = newSigningKey('own', alg);
  issuer.keys = [KEY, key];
  expect(await tokens.refusalOf(tokenOf(key, claims({ aud: 'temporal' })))).toBeNull();
  expect(await tokens.refusalOf(tokenOf(key, claims({ aud: 'temporal' })).replace(/.{20}$/, 'A'.repeat(20)))).toMatch(
    /signature/,
  );
});

it.each<[string, object, RegExp]>([
  ['of another issuer', { iss: 'https://login.example.com/' }, /another issuer/],
  ['for another audience', { aud: ['temporal-staging'] }, /another audience/],
  ['without an audience', { aud: undefined }, /another audience/],
  ['that has expired', { exp: NOW_SEC - 61 }, /expired/],
  ['without an end', { exp: undefined }, /expired/],
  ['that is not valid yet', { nbf: NOW_SEC + 61 }, /not valid yet/],
])('refuses one %s', async (_what, changes, why) => {
  expect(await tokens.refusalOf(tokenOf(KEY, claims(changes)))).toMatch(why);
});

it('refuses what nobody has signed, or whoever knows the public key', async () => {
  expect(await tokens.refusalOf(unsignedTokenOf(claims()))).toMatch(/algorithm/);
  expect(await tokens.refusalOf(confusedTokenOf(KEY, claims()))).toMatch(/algorithm/);
  expect(await tokens.refusalOf(tokenOf(newSigningKey('k1'), claims()))).toMatch(/signature/);
  for (const text of ['', 'a.b', 'a.b.c', 'x'.repeat(5_000)]) expect(await tokens.refusalOf(text)).toMatch(/no JWT/);
});

it('follows the issuer from key to key, and asks it no more often than that takes', async () => {
  const next = newSigningKey('k2');
  expect(await tokens.refusalOf(tokenOf(KEY, claims()))).toBeNull();
  expect(await tokens.refusalOf(tokenOf(KEY, claims()))).toBeNull();
  issuer.keys = [next];
  // Within half a minute it is not asked again, whatever key ids come.
  expect(await tokens.refusalOf(tokenOf(next, claims()))).toMatch(/signature/);
  expect(issuer.asked()).toBe(1);
  nowMs += 31_000;
  expect(await tokens.refusalOf(tokenOf(next, claims()))).toBeNull();
  expect(await tokens.refusalOf(tokenOf(KEY, claims()))).toMatch(/signature/);
  expect(issuer.asked()).toBe(2);
});

it('says where the issuer does not answer, or is not the one that it says', async () => {
  issuer.name = 'https://login.example.com/';
  await expect(tokens.refusalOf(tokenOf(KEY, claims()))).rejects.toThrow(/describes another one/);
  await issuer.close();
  await expect(tokens.refusalOf(tokenOf(KEY, claims()))).rejects.toThrow();
});
