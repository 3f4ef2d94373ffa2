/** The guard of source URLs: every way to write a private address is refused, on the text and on the way to the socket. */
import type { LookupAddress } from 'node:dns';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import * as fc from 'fast-check';
import { AddressGuard, createHttpClient, SourceUrl } from '../../src/transfer';
import { followRedirect, headersFor } from '../../src/transfer/http/redirect';
import { holds, outcomeOf, outcomeOfAsync, pieces } from './support';

const guard = new AddressGuard({ allowedHosts: [] });
const judge = (host: string): ReturnType<typeof outcomeOf> => {
  const { hostname } = new URL(`https://${host}/`);
  return outcomeOf(() => guard.checkHost(hostname, '443'));
};

/** First octets that are never public, with what must follow. */
const octet = fc.nat({ max: 255 });
const privateV4 = fc
  .tuple(
    fc.constantFrom(
      [0],
      [10],
      [127],
      [169, 254],
      [172, 16],
      [172, 31],
      [192, 168],
      [100, 64],
      [100, 127],
      [224],
      [239, 255],
      [255],
    ),
    octet,
    octet,
    octet,
  )
  .map(([head, ...rest]) => [...head, ...rest].slice(0, 4));
const publicV4 = fc.tuple(fc.constantFrom(1, 8, 9, 23, 52, 93, 151), octet, octet, octet);

const number = (octets: readonly number[]): number => octets.reduce((sum, each) => sum * 256 + each, 0);
const inBase = (value: number, base: number): string =>
  ({ 8: `0${value.toString(8)}`, 10: String(value), 16: `0x${value.toString(16)}` })[base] ?? '';
const bases = fc.array(fc.constantFrom(8, 10, 16), { minLength: 4, maxLength: 4 });
/** inet_aton(3): one to four numbers, each decimal, octal or hexadecimal, the last one for all that is left. */
const spelled = (
  octets: readonly number[],
  [first = 10, second = 10, third = 10, fourth = 10]: readonly number[],
  parts: number,
): string => {
  const heads = octets.slice(0, parts - 1).map((value, index) => inBase(value, [first, second, third][index] ?? 10));
  return [...heads, inBase(number(octets.slice(parts - 1)), fourth)].join('.');
};
const hexOf = (octets: readonly number[]): string =>
  [octets.slice(0, 2), octets.slice(2)].map((pair) => number(pair).toString(16)).join(':');

holds(
  'IPv4 in every notation: private ones are refused, public ones are not',
  fc.tuple(privateV4, publicV4, bases, fc.integer({ min: 1, max: 4 }), fc.boolean()),
  ([own, open, base, parts, hasDot]) => {
    const dot = hasDot ? '.' : '';
    expect(judge(`${spelled(own, base, parts)}${dot}`)).toMatchObject({ refused: { code: 'AddressRefused' } });
    expect(judge(`${spelled(open, base, parts)}${dot}`)).toEqual({ value: undefined });
  },
);

const V6_FORMS = ['::ffff:', '64:ff9b::', '0:0:0:0:0:ffff:', '0064:FF9B:0:0:0:0:', '::FFFF:'];
holds(
  'IPv4 inside IPv6, mapped or by NAT64: judged by the address inside',
  fc.tuple(privateV4, fc.constantFrom(...V6_FORMS), fc.boolean()),
  ([own, form, isDotted]) => {
    const inner = isDotted ? own.join('.') : hexOf(own);
    expect(judge(`[${form}${inner}]`)).toMatchObject({ refused: { code: 'AddressRefused' } });
  },
);
holds('public IPv4 inside IPv6 is public', fc.tuple(publicV4, fc.constantFrom(...V6_FORMS)), ([open, form]) => {
  expect(judge(`[${form}${hexOf(open)}]`)).toEqual({ value: undefined });
});

const group = fc.nat({ max: 0xffff }).map((value) => value.toString(16));
const privateV6 = fc
  .tuple(
    fc.constantFrom('fe80', 'febf', 'fc00', 'fdff', 'ff02', 'ff0e'),
    fc.array(group, { minLength: 7, maxLength: 7 }),
  )
  .map(([head, rest]) => [head, ...rest].join(':'));
holds('IPv6 of links, sites and groups is refused', privateV6, (address) => {
  expect(judge(`[${address}]`)).toMatchObject({ refused: { code: 'AddressRefused' } });
});

holds(
  'a zone in a literal makes no URL, and no address',
  fc.tuple(privateV6, fc.constantFrom('%eth0', '%25eth0', '%1', '%25')),
  ([address, zone]) => {
    expect(URL.canParse(`https://[${address}${zone}]/`)).toBe(false);
    expect(outcomeOf(() => guard.checkAddress(`${address}${zone}`, 'name.test'))).toMatchObject({
      refused: { code: 'AddressRefused' },
    });
  },
);

holds(
  'any answer of DNS is judged without a crash',
  fc.oneof(fc.string(), pieces('127', '.', '0', ':', '::', 'ffff', '%', '1', '[', ']', '/8')),
  (address) => {
    const outcome = outcomeOf(() => guard.checkAddress(address, 'name.test'));
    if ('refused' in outcome) expect(outcome.refused.code).toBe('AddressRefused');
  },
);

holds(
  'any text is a URL of http, or refused without showing its query',
  fc.oneof(
    fc.webUrl({ withQueryParameters: true }),
    pieces('http://', 'https://', 'user:SECRET@', 'host', '?SECRET', '#SECRET', '/', '\\', ':', '[', '%'),
  ),
  (text) => {
    const outcome = outcomeOf(() => new SourceUrl(text));
    if ('refused' in outcome) {
      expect(outcome.refused.message).not.toMatch(/[?#]SECRET|:SECRET@/);
      return;
    }
    const { display } = outcome.value;
    expect(display).not.toMatch(/[?#]/);
    expect(new URL(display).host).toBe(outcome.value.reveal().host);
    expect(new URL(display).username).toBe('');
  },
);

holds(
  'a redirect is followed to http(s) alone, never down, and takes no keys along',
  fc.tuple(
    fc.constantFrom('https://a.test/x', 'http://a.test/x'),
    fc.oneof(
      fc.webUrl(),
      pieces('//', 'http:', 'https:', 'b.test', '/', '..', '\\', 'javascript:', 'file:', '@', '?q'),
    ),
  ),
  ([from, location]) => {
    const outcome = outcomeOf(() => followRedirect(new SourceUrl(from), location));
    if ('refused' in outcome) {
      expect(['RedirectRefused', 'RecordInvalid']).toContain(outcome.refused.code);
      return;
    }
    const [first, next] = [new URL(from), outcome.value.reveal()];
    expect(next.protocol === 'https:' || (first.protocol === 'http:' && next.protocol === 'http:')).toBe(true);
    const headers = headersFor(next, first, {
      Authorization: 'key',
      'x-api-key': 'key',
      cookie: 'key',
      range: 'bytes=0-1',
    });
    expect(Object.values(headers).includes('key')).toBe(next.origin === first.origin);
  },
);

describe('names whose addresses change between the check and the connection', () => {
  let server: Server;
  let requests = 0;

  beforeAll(async () => {
    server = createServer((_request, response) => {
      requests += 1;
      response.end('private');
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  });
  afterAll(async () => {
    jest.restoreAllMocks();
    await new Promise((resolve) => server.close(resolve));
  });

  // The module itself, as the guard has it: an import would be a copy.
  const dns = jest.requireActual<{ lookup: LookUp }>('node:dns');
  type LookUp = (
    host: string,
    options: object,
    callback: (error: Error | null, found: LookupAddress[]) => void,
  ) => void;
  const at = (address: string): LookupAddress => ({ address, family: address.includes(':') ? 6 : 4 });

  holds(
    'no request reaches a private address, whenever it is named',
    fc.array(
      fc.array(fc.constantFrom('127.0.0.1', '::ffff:127.0.0.1', '::1', '93.184.215.14'), {
        minLength: 1,
        maxLength: 2,
      }),
      { minLength: 1, maxLength: 3 },
    ),
    async (answers) => {
      let asked = 0;
      const lookUp: LookUp = (_host, _options, callback) => {
        const answer = answers[Math.min(asked, answers.length - 1)]!;
        asked += 1;
        // None of them is ever connected to from here, so a public one is answered by nobody.
        const isPrivate = answer.some((address) => address !== '93.184.215.14');
        process.nextTick(() =>
          isPrivate
            ? callback(null, answer.map(at))
            : callback(Object.assign(new Error('none'), { code: 'ENOTFOUND' }), []),
        );
      };
      jest.spyOn(dns, 'lookup').mockImplementation(lookUp);
      const http = createHttpClient({ guard, connectTimeoutMs: 1_000 });
      const url = new SourceUrl(`http://rebinding.test:${(server.address() as AddressInfo).port}/`);
      for (let attempt = 0; attempt < answers.length; attempt += 1) {
        const outcome = await outcomeOfAsync(() => http.get(url, {}, new AbortController().signal));
        expect(['AddressRefused', 'SourceUnreachable']).toContain(
          'refused' in outcome ? outcome.refused.code : 'connected',
        );
      }
      await http.close();
      expect(asked).toBe(answers.length);
      expect(requests).toBe(0);
    },
    60,
  );

  test('the address that was judged is the one that is connected to, and DNS is asked once', async () => {
    let asked = 0;
    const lookUp: LookUp = (_host, _options, callback) => {
      asked += 1;
      process.nextTick(() => callback(null, [at(asked === 1 ? '127.0.0.1' : '10.0.0.1')]));
    };
    jest.spyOn(dns, 'lookup').mockImplementation(lookUp);
    const http = createHttpClient({ guard: new AddressGuard({ allowedHosts: ['127.0.0.0/8'] }) });
    const url = new SourceUrl(`http://rebinding.test:${(server.address() as AddressInfo).port}/`);
    const reply = await http.get(url, {}, new AbortController().signal);
    reply.body.on('error', () => undefined).destroy();
    expect([reply.status, asked]).toEqual([200, 1]);
    await http.close();
  });
});
