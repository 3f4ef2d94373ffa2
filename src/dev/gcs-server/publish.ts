/** The one way in which an object becomes visible: permission, preconditions, checksums, then the new version. */
import type { Caller } from './access';
import { GcsError } from './answers';
import { hashMismatch, type ExpectedHashes, type Hashes } from './hashes';
import { checkPreconditions, type Preconditions } from './preconditions';
import type { Finished, ObjectStore } from './store';
import type { GcsObject } from './types';

export interface Target {
  readonly bucket: string;
  readonly name: string;
  readonly caller: Caller;
  readonly preconditions: Preconditions;
}

/**
 * Throws what a write to this target would be refused with now: 404 for the bucket, 403, 412. Replacing a live object
 * needs the permission to delete it too.
 */
export const checkTarget = (store: ObjectStore, { bucket, name, caller, preconditions }: Target): void => {
  caller.require('storage.objects.create', bucket);
  const live = store.find(bucket, name);
  checkPreconditions(preconditions, live, 'write');
  if (live !== null) caller.require('storage.objects.delete', bucket);
};

/** Throws 400 where the bytes are not what the caller said they are. */
export const checkHashes = (expected: ExpectedHashes, actual: Hashes): void => {
  const wrong = hashMismatch(expected, actual);
  if (wrong !== null) throw new GcsError(400, 'invalid', wrong, 'BadDigest');
};

/** Checks the target again, as of this moment, and makes the object visible. Takes over the reference to the content. */
export const publish = async (store: ObjectStore, target: Target, finished: Finished): Promise<GcsObject> => {
  checkTarget(store, target);
  return store.publish(target.bucket, target.name, finished);
};
