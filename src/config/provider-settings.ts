/** The providers' own settings as the code uses them. Null: config.json has no such section. */
import type { ProjectFile } from './project-schema';

/** One URL as a list names it. */
export interface ListedUrl {
  readonly url: string;
  readonly dataset?: string | undefined;
  /** Of the file in the bucket, and of the record in its list. */
  readonly name?: string | undefined;
}

export interface UrlListSettings {
  readonly urls: readonly ListedUrl[] | null;
  /** `s3://bucket/key` of a JSON document. */
  readonly document: string | null;
  /** Of URLs that name none. */
  readonly dataset: string;
}

export interface S3PrefixSettings {
  /** `s3://bucket/path`. */
  readonly prefix: string;
  /** Null: the last segment of `prefix`. */
  readonly dataset: string | null;
}

export interface SnykSettings {
  /** One of the two is null. */
  readonly groupId: string | null;
  readonly orgId: string | null;
  readonly dataset: string;
  readonly columns: readonly string[] | null;
  readonly dateFilter: 'updated' | 'introduced';
  /** `YYYY-MM-DD` or `YYYY-MM-DDTHH:MM:SSZ`. */
  readonly from: string | null;
  readonly to: string | null;
  readonly windowDays: number;
  readonly filters: Readonly<Record<string, readonly (string | boolean)[]>>;
  readonly apiVersion: string;
}

export interface ShopifySettings {
  readonly query: string;
  readonly dataset: string;
  /** Null: as the version of the API has it. */
  readonly groupObjects: boolean | null;
}

export interface ProviderSettings {
  readonly snyk: SnykSettings | null;
  readonly shopify: ShopifySettings | null;
  readonly urlList: UrlListSettings | null;
  readonly s3Prefix: S3PrefixSettings | null;
}

const listedUrls = (urls: readonly (string | ListedUrl)[]): ListedUrl[] =>
  urls.map((entry) => (typeof entry === 'string' ? { url: entry } : entry));

const snykSettings = (snyk: NonNullable<ProjectFile['snyk']>): SnykSettings => {
  const { dataset, columns, from, to, filters } = snyk;
  return {
    groupId: snyk.group_id,
    orgId: snyk.org_id,
    dataset,
    columns,
    dateFilter: snyk.date_filter,
    from,
    to,
    windowDays: snyk.window_days,
    filters,
    apiVersion: snyk.api_version,
  };
};

const shopifySettings = ({ query, dataset, group_objects }: NonNullable<ProjectFile['shopify']>): ShopifySettings => ({
  query,
  dataset,
  groupObjects: group_objects,
});

export const providerSettings = ({
  snyk,
  shopify,
  url_list: list,
  s3_prefix: prefix,
}: ProjectFile): ProviderSettings => ({
  snyk: snyk === undefined ? null : snykSettings(snyk),
  shopify: shopify === undefined ? null : shopifySettings(shopify),
  urlList: list === undefined ? null : { ...list, urls: list.urls === null ? null : listedUrls(list.urls) },
  s3Prefix: prefix ?? null,
});
