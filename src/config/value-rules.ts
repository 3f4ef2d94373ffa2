/** Rules of single values of config.json that a type alone cannot say. Each fault is a phrase after the key's name. */
import * as ipaddr from 'ipaddr.js';

/** What src/activities/lib/manifest/keys.ts fills in. */
const KEY_TEMPLATE_FIELDS = ['target_prefix', 'dataset', 'filename', 'run', 'export_id'] as const;

/** User info, query and fragment are refused: they would carry secrets into messages, or be dropped silently. */
export const isHttpUrl = (value: string): boolean => {
  if (!URL.canParse(value)) return false;
  const url = new URL(value);
  const isHttp = url.protocol === 'https:' || url.protocol === 'http:';
  return isHttp && url.username === '' && url.password === '' && url.search === '' && url.hash === '';
};

export const isS3Uri = (value: string): boolean => /^s3:\/\/[^/]+\/+[^/]/.test(value);

/** Why a text is no URL of a file, or null; the fault does not repeat it. Queries are allowed: they name files too. */
export const urlFault = (value: string): string | null => {
  if (!URL.canParse(value) || !/^https?:$/.test(new URL(value).protocol))
    return 'must be an absolute http or https URL';
  const { username, password } = new URL(value);
  return username === '' && password === '' ? null : 'must not hold a user name or password';
};

/** Slashes at the ends are a matter of taste in config files; keys must not depend on it. */
export const trimSlashes = (value: string): string => value.replace(/^\/+/, '').replace(/(?<!\/)\/+$/, '');

/**
 * Why a key prefix cannot be used, or null. Empty, `.` and `..` segments are legal S3 keys, but tools and SDKs normalize
 * them, so that a listing below the prefix would miss what was written.
 */
export const prefixFault = (value: string): string | null => {
  if (/\p{Cc}/u.test(value)) return 'must not hold control characters';
  if (/^s3:\/\//i.test(value)) return 'must be a key prefix, not an s3:// URI';
  const segments = trimSlashes(value).split('/');
  if (segments.length > 1 && segments.includes('')) return 'must not hold an empty segment ("//")';
  return segments.some((segment) => segment === '.' || segment === '..') ? 'must not hold "." or ".."' : null;
};

/** Why a key template cannot be used, or null. It must begin with the prefix: a run never writes outside of it. */
export const keyTemplateFault = (value: string): string | null => {
  const fields = [...value.matchAll(/\{([^{}]*)\}/g)].map((match) => match[1] ?? '');
  const unknown = fields.find((field) => !(KEY_TEMPLATE_FIELDS as readonly string[]).includes(field));
  const known = KEY_TEMPLATE_FIELDS.map((field) => `{${field}}`).join(', ');
  if (unknown !== undefined) return `knows no {${unknown}}, only ${known}`;
  if (/[{}]/.test(value.replace(/\{[^{}]*\}/g, ''))) return 'has a brace without its partner';
  if (!value.startsWith('{target_prefix}/')) return 'must begin with {target_prefix}/';
  if (!fields.includes('filename')) return 'must hold {filename}: without it all files get the same key';
  return prefixFault(value);
};

/** A host name, IP address, either with a port, or a CIDR block: what transfer.allowed_hosts may name. */
export const isAllowedHost = (value: string): boolean => {
  if (value.includes('/')) return ipaddr.isValidCIDR(value);
  if (ipaddr.IPv6.isValid(value)) return true;
  const port = /:(\d{1,5})$/.exec(value);
  if (port !== null && Number(port[1]) > 65_535) return false;
  const host = port === null ? value : value.slice(0, port.index);
  if (/^\[.*\]$/.test(host)) return ipaddr.IPv6.isValid(host.slice(1, -1));
  return /^[A-Za-z0-9_]([A-Za-z0-9_-]*[A-Za-z0-9_])?(\.[A-Za-z0-9_]([A-Za-z0-9_-]*[A-Za-z0-9_])?)*\.?$/.test(host);
};
