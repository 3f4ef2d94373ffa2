/** Ends the shared stack. Where Jest is killed before this, the orphan guard of src/dev does. */
export default async function tearDown(): Promise<void> {
  await globalThis.longhaulSharedStack?.stop();
}
