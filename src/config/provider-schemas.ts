/**
 * The sections of config.json that belong to one provider each: a section is there where `api_.provider` names its
 * provider, and nowhere else. What a provider needs beside its section is in provider-rules.ts.
 */
import { z } from 'zod';
import { isS3Uri, urlFault } from './value-rules';

export const PROVIDER_NAMES = ['rapid7', 'snyk', 'shopify', 'url-list', 's3-prefix'] as const;
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

/** A day, or a whole second of UTC: what Snyk takes. */
const day = () =>
  z
    .string()
    .regex(/^\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}:\d{2}Z)?$/, 'must be YYYY-MM-DD or YYYY-MM-DDTHH:MM:SSZ')
    .refine((value) => !Number.isNaN(Date.parse(value)), 'must be a day of the calendar')
    .nullable()
    .default(null);

const snyk = z.strictObject({
  group_id: text().nullable().default(null).describe('Group to export; or give `org_id`.'),
  org_id: text().nullable().default(null).describe('Organization to export; or give `group_id`.'),
  dataset: z
    .string()
    .regex(/^[a-z][a-z0-9_]*$/, 'must be a data set of Snyk, such as "issues"')
    .default('issues')
    .describe('`issues`, `usage` or another data set of the Export API. The folder of its files in the bucket too.'),
  columns: z.array(text()).min(1).nullable().default(null).describe('Columns of the CSV files. Null: all.'),
  date_filter: z
    .enum(['updated', 'introduced'])
    .default('updated')
    .describe('Which date `from`, `to` and `window_days` are about; `introduced` is of `issues` alone.'),
  from: day().describe('First day, or second, of the export. Null: `window_days` before the run.'),
  to: day().describe('End of the export. Null: the time of the run.'),
  window_days: z
    .int()
    .min(1)
    .max(3650)
    .default(1)
    .describe('Days up to the run that are exported where `from` is null.'),
  filters: z
    .record(text(), z.array(z.union([z.string(), z.boolean()])))
    .default({})
    .describe('Further filters of the data set as Snyk knows them: `{"orgs": ["…"], "environment": ["backend"]}`.'),
  api_version: z
    .string()
    .regex(/^\d{4}-\d{2}-\d{2}(~\w+)?$/, 'must be a version such as "2024-10-15"')
    .default('2024-10-15')
    .describe('Version of the REST API that is asked for.'),
});

const shopify = z.strictObject({
  query: text().describe(
    'The bulk query: one connection of the Admin API with what is wanted of it, such as `{ products { edges { node { id title } } } }`.',
  ),
  dataset: text()
    .default('bulk')
    .describe('Name of what the query gives: its folder in the bucket, and its file with `.jsonl` behind it.'),
  group_objects: z
    .boolean()
    .nullable()
    .default(null)
    .describe(
      'Put objects below their parents in the file, which takes the shop longer. Null: what the API version does.',
    ),
});

/** Key of the file → its schema. */
export const PROVIDER_SECTIONS = {
  snyk: snyk.describe('Of the provider `snyk`: the Export API of Snyk, into CSV files.').optional(),
  shopify: shopify.describe('Of the provider `shopify`: a bulk operation of a shop, into a JSONL file.').optional(),
  url_list: urlList
    .describe('Of the provider `url-list`: exactly one of `api_.endpoint`, `urls` and `document`.')
    .optional(),
  s3_prefix: s3Prefix.describe('Of the provider `s3-prefix`.').optional(),
} as const;
