/**
 * The sections of config.json that belong to one provider each: a section is there where `api_.provider` names its
 * provider, and nowhere else. What a provider needs beside its section is in provider-rules.ts.
 */
import { z } from 'zod';
import { isS3Uri, urlFault } from './value-rules';

export const PROVIDER_NAMES = ['rapid7', 'url-list', 's3-prefix'] as const;
export type ProviderName = (typeof PROVIDER_NAMES)[number];

const text = () => z.string().min(1);

const entry = z.union([
  z.string(),
  z.strictObject({
    url: z.string(),
    dataset: text().optional(),
    name: text().optional(),
  }),
]);

const urlList = z.strictObject({
  urls: z
    .array(entry)
    // On the list and not on its items, so that no message repeats a URL.
    .superRefine((list, context) => {
      for (const [index, item] of list.entries()) {
        const fault = urlFault(typeof item === 'string' ? item : item.url);
        if (fault !== null) context.addIssue({ code: 'custom', message: `the URL at ${index} ${fault}` });
      }
    })
    .nullable()
    .default(null)
    .describe(
      'The URLs themselves: each a text, or `{"url": "https://…", "dataset": "…", "name": "…"}`. `name` is that of the file in ' +
        'the bucket. Without signatures.',
    ),
  document: text()
    .refine(isS3Uri, 'must be s3://bucket/key')
    .nullable()
    .default(null)
    .describe(
      '`s3://bucket/key` of a JSON document with such a list, read with the credentials of `aws`. A document at an HTTP address ' +
        'is named by `api_.endpoint` instead.',
    ),
  dataset: text().default('files').describe('Data set of URLs that name none: their folder in the bucket.'),
});

const s3Prefix = z.strictObject({
  prefix: text()
    .refine((value) => /^s3:\/\/[^/]+(\/|$)/.test(value), 'must be s3://bucket/path')
    .describe('`s3://bucket/path`: all objects below it are copied server-side, with the credentials of `aws`.'),
  dataset: text()
    .nullable()
    .default(null)
    .describe('Folder in the target that they keep their relative names below. Null: the last segment of `prefix`.'),
});

/** Key of the file → its schema. */
export const PROVIDER_SECTIONS = {
  url_list: urlList
    .describe('Of the provider `url-list`: exactly one of `api_.endpoint`, `urls` and `document`.')
    .optional(),
  s3_prefix: s3Prefix.describe('Of the provider `s3-prefix`.').optional(),
} as const;
