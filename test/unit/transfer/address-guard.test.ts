/** Addresses that outside URLs must not reach, in every notation. */
import { AddressGuard, createHttpClient, SourceUrl } from '../../../src/transfer';
import { followRedirect, headersFor } from '../../../src/transfer/http/redirect';

const strict = new AddressGuard({ allowedHosts: [] });
const check = (guard: AddressGuard, url: string): void => {
  const { hostname, port } = new URL(url);
  guard.checkHost(hostname, port || '80');
};

test.each([
  'http://127.0.0.1/',
  'http://127.1/',
  'http://2130706433/',
  'http://0x7f.1/',
  'http://017700000001/',
  'http://0.0.0.0/',
  'http://10.1.2.3/',
  'http://172.31.0.1/',
  'http://192.168.0.1/',
  'http://169.254.169.254/',
  'http://100.64.0.1/',
  'http://224.0.0.1/',
  'http://255.255.255.255/',
  'http://[::1]/',
  'http://[::]/',
  'http://[::ffff:127.0.0.1]/',
  'http://[::ffff:a00:1]/',
  'http://[64:ff9b::7f00:1]/',
  'http://[fe80::1]/',
  'http://[fd00::1]/',
  'http://[ff02::1]/',
])('%s is refused', (url) => expect(() => check(strict, url)).toThrow(/private or reserved address/));

test.each(['http://8.8.8.8/', 'http://[2606:4700::1111]/', 'http://[64:ff9b::808:808]/'])('%s is public', (url) =>
  expect(() => check(strict, url)).not.toThrow(),
);

test('allowed by host, host:port and block', () => {
  const guard = new AddressGuard({ allowedHosts: ['10.0.0.1', '10.0.0.2:8080', '192.168.0.0/16', 'fd00::/8'] });
  for (const url of ['http://10.0.0.1/', 'http://10.0.0.2:8080/', 'http://192.168.3.4/', 'http://[fd12::1]/']) {
    expect(() => check(guard, url)).not.toThrow();
  }
  for (const url of ['http://10.0.0.2/', 'http://10.0.0.3/', 'http://172.16.0.1/']) {
    expect(() => check(guard, url)).toThrow();
  }
  expect(() => new AddressGuard({ allowedHosts: ['10.0.0.0/99'] })).toThrow(/not a CIDR block/);
});

test('a name that resolves to a private address is refused on connecting', async () => {
  const http = createHttpClient({ guard: strict });
  const { signal } = new AbortController();
  await expect(http.get(new SourceUrl('http://localhost:9/x'), {}, signal)).rejects.toMatchObject({
    code: 'AddressRefused',
  });
  await http.close();
});

test('redirects: never to http, relative ones resolved, credentials left behind across origins', () => {
  const from = new SourceUrl('https://a.example/x?sig=1');
  expect(followRedirect(from, '/y').display).toBe('https://a.example/y');
  expect(() => followRedirect(from, 'http://a.example/y')).toThrow(/redirects (from https to http|to something)/);
  expect(() => followRedirect(from, 'ftp://a.example/y')).toThrow(/redirects (from https to http|to something)/);
  const headers = { Authorization: 'x', 'x-api-key': 'x', 'X-Amz-Security-Token': 'x', range: 'bytes=0-1' };
  const [a, b] = [new URL('https://a.example/'), new URL('https://b.example/')];
  expect(headersFor(b, a, headers)).toEqual({ range: 'bytes=0-1' });
  expect(headersFor(a, a, headers)).toEqual(headers);
});
