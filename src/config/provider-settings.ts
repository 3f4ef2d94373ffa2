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

export interface ProviderSettings {
  readonly urlList: UrlListSettings | null;
  readonly s3Prefix: S3PrefixSettings | null;
}

const listedUrls = (urls: readonly (string | ListedUrl)[]): ListedUrl[] =>
  urls.map((entry) => (typeof entry === 'string' ? { url: entry } : entry));

export const providerSettings = ({ url_list: list, s3_prefix: prefix }: ProjectFile): ProviderSettings => ({
  urlList: list === undefined ? null : { ...list, urls: list.urls === null ? null : listedUrls(list.urls) },
  s3Prefix: prefix ?? null,
});
