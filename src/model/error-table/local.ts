/** Errors: files on the worker's own disks. */
import { entry, type ErrorEntry } from './entry';

export const LOCAL_ERRORS = {
  PathRefused: entry(
    'local',
    false,
    'operator',
    'A file path leads, or could lead, out of the folder that it belongs in.',
    'Correct the path in the catalogue, or remove the symbolic link that the message names.',
  ),
  PathIsDirectory: entry(
    'local',
    false,
    'operator',
    'A directory is where a file should be written.',
    'Move the directory away, or correct the path in the catalogue.',
  ),
  PathConflict: entry(
    'local',
    false,
    'operator',
    'A path needs a directory where a file is, or a file where something else is.',
    'Move what the message names away; of two catalogue entries `a` and `a/b` only one can be on a disk.',
  ),
  DiskFull: entry(
    'local',
    false,
    'operator',
    'The disk, or its quota, is full.',
    'Free space on the disk that the message names and run it again: what has arrived is not fetched twice.',
  ),
  DestinationNotWritable: entry(
    'local',
    false,
    'operator',
    'A folder does not exist or may not be written to.',
    'Check the folder, its owner and whether its file system is mounted read-only.',
  ),
  DiskFailed: entry(
    'local',
    true,
    'operator',
    'The disk answered a read or a write with an error.',
    'It is tried again; if it goes on, look at the kernel log: the disk or its network mount is failing.',
  ),
  TooManyOpenFiles: entry(
    'local',
    true,
    'operator',
    'The process or the machine has no file descriptors left.',
    'It is tried again; raise `ulimit -n` for the worker, or restore fewer files at once.',
  ),
  Unverifiable: entry(
    'local',
    false,
    'operator',
    'Nothing known of the object proves its bytes: its ETag is no hash of them and the store keeps no checksum.',
    'Objects under SSE-KMS need an S3 checksum (CRC32 or SHA-256 of the full object) to be restored.',
  ),
  SourceNotAsRecorded: entry(
    'source',
    false,
    'operator',
    'The object in the store is not the one that the catalogue records.',
    'Look for who has written the object since; correct the catalogue or bring the recorded version back.',
  ),
} as const satisfies Record<string, ErrorEntry>;
