/**
 * Access tokens for Google, by the official library: service accounts, Application Default Credentials, and Workload Identity
 * Federation, where an AWS role, a file or a URL is the identity. Tokens live here and in request headers alone: no error,
 * log or history names one.
 */
import { readFile } from 'node:fs/promises';
import { fromNodeProviderChain } from '@aws-sdk/credential-providers';
import type { AuthClient, AwsClient, AwsClientOptions } from 'google-auth-library';
import type { GoogleCredentialsSource } from '../../config/types';
import { LonghaulError } from '../../model/errors';
import { googleAuth } from './google-auth';
import { mapTokenError } from './token-errors';

/** Reading and writing objects; nothing of buckets or policies. */
const SCOPE = 'https://www.googleapis.com/auth/devstorage.read_write';
/** The subject token of an AWS role is a signed request to its STS (Google Cloud IAM, "Configure workload identity federation"). */
const AWS_SUBJECT_TOKEN = 'urn:ietf:params:aws:token-type:aws4_request';
/** Where GetCallerIdentity is signed for, when nobody says: every account has it. */
const DEFAULT_AWS_REGION = 'us-east-1';

export type AuthHeaders = Readonly<Record<string, string>>;

/** Who asks, as headers of a request. */
export interface TokenSource {
  /** Kept until shortly before they expire. Throws GoogleCredentials…, TokenUnavailable. */
  headers(): Promise<AuthHeaders>;
  /** The store has refused these: the next ones are new. Many requests may say so of the same ones. */
  refused(headers: AuthHeaders): void;
}

export function createTokenSource(source: GoogleCredentialsSource): TokenSource {
  if (source.kind === 'anonymous') {
    const none: AuthHeaders = {};
    return { headers: () => Promise.resolve(none), refused: () => undefined };
  }
  return new GoogleTokens(source);
}

type Identity = Exclude<GoogleCredentialsSource, { kind: 'anonymous' }>;

class GoogleTokens implements TokenSource {
  private client: Promise<AuthClient> | undefined;
  private last: { readonly authorization: string | undefined; readonly headers: AuthHeaders } | undefined;

  constructor(private readonly source: Identity) {}

  async headers(): Promise<AuthHeaders> {
    this.client ??= createAuthClient(this.source);
    const asked = this.client;
    try {
      const { ...headers } = await (await asked).getRequestHeaders();
      const authorization = headers['Authorization'];
      // The same object for the same token, so that `refused` knows which one is meant.
      if (this.last?.authorization !== authorization) this.last = { authorization, headers };
      return this.last?.headers ?? headers;
    } catch (error) {
      // A client that could not be made is made again; one whose token could not be had asks again by itself.
      await asked.catch(() => {
        if (this.client === asked) this.client = undefined;
      });
      throw mapTokenError(error);
    }
  }

  refused(headers: AuthHeaders): void {
    if (this.last?.headers !== headers) return;
    // The library has no way to drop a token that it thinks is good.
    this.client = undefined;
    this.last = undefined;
  }
}

async function createAuthClient(source: Identity): Promise<AuthClient> {
  const { GoogleAuth } = googleAuth();
  if (source.kind === 'default') return new GoogleAuth({ scopes: SCOPE }).getClient();
  const credentials = await readCredentials(source);
  if (isAwsIdentity(credentials)) return awsIdentity(credentials, source.awsRegion);
  return new GoogleAuth({ credentials, scopes: SCOPE }).getClient();
}

export type CredentialsJson = Readonly<Record<string, unknown>> & { readonly type?: string };

/** Throws GoogleCredentialsMissing; what is in the file is never repeated. */
async function readCredentials(
  source: Extract<GoogleCredentialsSource, { kind: 'file' | 'json' }>,
): Promise<CredentialsJson> {
  const where = source.kind === 'file' ? source.path : 'the configured JSON';
  try {
    const text = source.kind === 'file' ? await readFile(source.path, 'utf8') : source.credentials.reveal();
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null) return value as CredentialsJson;
  } catch {
    throw new LonghaulError('GoogleCredentialsMissing', `The Google credentials cannot be read: ${where}`);
  }
  throw new LonghaulError('GoogleCredentialsMissing', `The Google credentials are no JSON object: ${where}`);
}

const isAwsIdentity = (credentials: CredentialsJson): boolean =>
  credentials.type === 'external_account' && credentials['subject_token_type'] === AWS_SUBJECT_TOKEN;

/**
 * The role comes from the AWS SDK's own chain instead of the library's two ways (environment and instance metadata), so that
 * roles of EKS, ECS, SSO and profiles are identities too.
 */
function awsIdentity(credentials: CredentialsJson, awsRegion = DEFAULT_AWS_REGION): AwsClient {
  const rest = Object.fromEntries(Object.entries(credentials).filter(([name]) => name !== 'credential_source'));
  const chain = fromNodeProviderChain();
  // The shape is checked by the library itself, which names the field that is missing.
  const options = rest as unknown as AwsClientOptions;
  const { AwsClient } = googleAuth();
  return new AwsClient({
    ...options,
    scopes: [SCOPE],
    aws_security_credentials_supplier: {
      getAwsRegion: () => Promise.resolve(awsRegion),
      getAwsSecurityCredentials: async () => {
        const { accessKeyId, secretAccessKey, sessionToken } = await chain();
        return { accessKeyId, secretAccessKey, ...(sessionToken === undefined ? {} : { token: sessionToken }) };
      },
    },
  });
}

/** An identity token of the service account for `audience`: what AWS takes for a web identity. Throws as `headers` does. */
export async function googleIdToken(source: GoogleCredentialsSource, audience: string): Promise<string> {
  if (source.kind === 'anonymous') {
    throw new LonghaulError('GoogleCredentialsMissing', 'Nobody has no identity token');
  }
  try {
    const { GoogleAuth } = googleAuth();
    const auth = new GoogleAuth(source.kind === 'default' ? {} : { credentials: await readCredentials(source) });
    const client = await auth.getIdTokenClient(audience);
    return await client.idTokenProvider.fetchIdToken(audience);
  } catch (error) {
    throw mapTokenError(error);
  }
}
