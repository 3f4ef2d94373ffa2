/** Stand-ins for what gives tokens: Google's STS and IAM, its metadata server, and the STS of AWS. One server, scripted. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface TokenRequest {
  readonly path: string;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: string;
}

export interface TokenServer {
  readonly url: string;
  readonly host: string;
  readonly seen: TokenRequest[];
  /** Answers instead of the server where it gives something. */
  script: (request: TokenRequest) => { readonly status: number; readonly body: string } | undefined;
  close(): Promise<void>;
}

export const ID_TOKEN = 'header.id-token-of-google.signature';

export async function startTokenServer(): Promise<TokenServer> {
  let issued = 0;
  const json = (value: unknown): string => JSON.stringify(value);
  const answers: [RegExp, () => string][] = [
    [
      /^\/google-sts$/,
      () =>
        json({
          access_token: `token-${(issued += 1)}`,
          issued_token_type: 'urn:ietf:params:oauth:token-type:access_token',
          token_type: 'Bearer',
          expires_in: 3600,
        }),
    ],
    [
      /:generateAccessToken$/,
      () => json({ accessToken: `token-${(issued += 1)}`, expireTime: new Date(Date.now() + 3_600_000).toISOString() }),
    ],
    [/^\/computeMetadata\/v1\/instance\/service-accounts\/default\/identity/, () => ID_TOKEN],
    [/^\/computeMetadata\/v1\/?/, () => json({})],
    [
      /^\/aws-sts\/?$/,
      () =>
        `<AssumeRoleWithWebIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><AssumeRoleWithWebIdentityResult>
          <Credentials><AccessKeyId>ASIAROLE</AccessKeyId><SecretAccessKey>role-secret</SecretAccessKey>
          <SessionToken>role-session</SessionToken><Expiration>${new Date(Date.now() + 3_600_000).toISOString()}</Expiration></Credentials>
        </AssumeRoleWithWebIdentityResult></AssumeRoleWithWebIdentityResponse>`,
    ],
  ];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const { url: path = '/', headers } = request;
      const seen = { path, headers, body: Buffer.concat(chunks).toString('utf8') };
      self.seen.push(seen);
      const scripted = self.script(seen);
      const answer = answers.find(([pattern]) => pattern.test(path.replace(/\?.*/, '')))?.[1];
      const type = path.startsWith('/aws-sts')
        ? 'text/xml'
        : path.includes('identity')
          ? 'text/html'
          : 'application/json';
      const status = scripted?.status ?? (answer === undefined ? 404 : 200);
      response.writeHead(status, { 'content-type': type, 'metadata-flavor': 'Google' });
      response.end(scripted?.body ?? answer?.() ?? '{}');
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  const self: TokenServer = {
    url: `http://${host}`,
    host,
    seen: [],
    script: () => undefined,
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
  return self;
}
