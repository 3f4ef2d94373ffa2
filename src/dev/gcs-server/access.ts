/** Who asks, and what they may do: https://cloud.google.com/storage/docs/access-control/iam-permissions */
import { GcsError } from './answers';
import type { GcsDenial, GcsGrant, GcsPermission } from './types';

/** Asks for permissions on behalf of one request, or of the session that it began. */
export interface Caller {
  may(permission: GcsPermission, bucket: string): boolean;
  /** Throws 403 in Google's words where it may not. */
  require(permission: GcsPermission, bucket: string): void;
}

const BEARER = /^Bearer (.+)$/i;

export class Access {
  readonly #denials = new Set<GcsDenial>();

  constructor(private readonly tokens: Readonly<Record<string, GcsGrant>> | undefined) {}

  deny(denial: GcsDenial): () => void {
    const own = { ...denial };
    this.#denials.add(own);
    return () => {
      this.#denials.delete(own);
    };
  }

  /** Throws 401 where a token is asked for and is missing or unknown. */
  identify(authorization: string | undefined): Caller {
    if (this.tokens === undefined) return this.#caller('all');
    const token = BEARER.exec(authorization ?? '')?.[1];
    const challenge = { 'WWW-Authenticate': 'Bearer realm="https://accounts.google.com/"' };
    if (token === undefined) {
      throw new GcsError(401, 'required', 'Anonymous caller: login required.', 'AuthenticationRequired', challenge);
    }
    const grant = Object.hasOwn(this.tokens, token) ? this.tokens[token] : undefined;
    if (grant === undefined) {
      throw new GcsError(401, 'authError', 'Invalid Credentials', 'AuthenticationRequired', challenge);
    }
    return this.#caller(grant);
  }

  #caller(grant: GcsGrant): Caller {
    const may = (permission: GcsPermission, bucket: string): boolean => {
      for (const denial of this.#denials) {
        if (denial.permission === permission && (denial.bucket ?? bucket) === bucket) return false;
      }
      return grant === 'all' || [bucket, '*'].some((name) => grant[name]?.includes(permission) === true);
    };
    return {
      may,
      require: (permission, bucket) => {
        if (may(permission, bucket)) return;
        const message = `The caller does not have ${permission} access to the Google Cloud Storage resource in ${bucket}. Permission '${permission}' denied on resource (or it may not exist).`;
        throw new GcsError(403, 'forbidden', message, 'AccessDenied');
      },
    };
  }
}
