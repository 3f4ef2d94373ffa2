/**
 * Paths out of a catalogue are input from outside: they may name nothing outside of the folder they are for. Checked on the
 * text, and on the disk because a component may be a symbolic link. Who can change the folder while we write can do with
 * its files what they want anyway: the check is against what a catalogue or an old link does, not against a race.
 */
import { lstat, realpath } from 'node:fs/promises';
import * as path from 'node:path';
import { LonghaulError } from '../../model/errors';
import { errnoOf, ifThere, mapLocalError } from './local-errors';

/** NAME_MAX of every common file system. */
const MAX_NAME_BYTES = 255;

/**
 * The absolute path to write `relative` at, with links inside of `root` resolved; `root` itself may be reached through
 * links. Throws PathRefused, PathIsDirectory (a directory is there), PathConflict (a parent is a file, or something that is
 * no file is there), and DestinationNotWritable where `root` does not exist. Nothing is created.
 */
export async function resolveInside(root: string, relative: string): Promise<string> {
  const fault = faultOf(relative);
  if (fault !== undefined) throw refused(relative, fault);
  try {
    return await walk(await realpath(root), relative);
  } catch (error) {
    throw mapLocalError(error, `Looking for ${JSON.stringify(relative)} in ${root}`);
  }
}

/** What is wrong with the text; undefined where nothing is. */
function faultOf(relative: string): string | undefined {
  if (relative === '') return 'it is empty';
  if (relative.includes('\0')) return 'it holds a NUL character';
  if (relative.includes('\\')) return 'it holds a backslash';
  if (relative.startsWith('/') || /^[a-z]:/i.test(relative)) return 'it is absolute';
  const names = relative.split('/');
  if (names.includes('..')) return 'it holds ".."';
  if (names.some((name) => name === '' || name === '.')) return 'it holds an empty name or "."';
  if (names.some((name) => Buffer.byteLength(name) > MAX_NAME_BYTES)) return 'a name in it is longer than 255 bytes';
  return undefined;
}

async function walk(realRoot: string, relative: string): Promise<string> {
  const names = relative.split('/');
  let at = realRoot;
  for (const [index, name] of names.entries()) {
    const next = path.join(at, name);
    const found = await ifThere(lstat(next));
    // Nothing below something missing can be there either.
    if (found === undefined) return path.join(at, ...names.slice(index));
    at = found.isSymbolicLink() ? await follow(realRoot, next, relative) : next;
    const entry = found.isSymbolicLink() ? await lstat(at) : found;
    const isLast = index === names.length - 1;
    if (!isLast && !entry.isDirectory()) {
      throw new LonghaulError('PathConflict', `${shown(relative)} needs a directory where ${next} is a file`);
    }
    if (isLast && entry.isDirectory()) {
      throw new LonghaulError('PathIsDirectory', `${shown(relative)} should be a file, but ${next} is a directory`);
    }
    if (isLast && !entry.isFile()) {
      throw new LonghaulError('PathConflict', `${shown(relative)} should be a file, but ${next} is something else`);
    }
  }
  return at;
}

/** Where a link leads, which must be inside. A link to nothing is refused: writing through it could land anywhere. */
async function follow(realRoot: string, link: string, relative: string): Promise<string> {
  let target: string;
  try {
    target = await realpath(link);
  } catch (error) {
    const errno = errnoOf(error);
    if (errno !== 'ENOENT' && errno !== 'ELOOP' && errno !== 'ENOTDIR') throw error;
    throw refused(relative, `the symbolic link ${link} leads nowhere`);
  }
  const inside = target.startsWith(realRoot.endsWith(path.sep) ? realRoot : `${realRoot}${path.sep}`);
  if (!inside && target !== realRoot) throw refused(relative, `the symbolic link ${link} leads out of the folder`);
  return target;
}

/** Quoted, so that a control character in a catalogue does not reach a terminal. */
const shown = (relative: string): string =>
  JSON.stringify(relative.length > 300 ? `${relative.slice(0, 300)}…` : relative);

const refused = (relative: string, fault: string): LonghaulError =>
  new LonghaulError('PathRefused', `The path ${shown(relative)} is refused: ${fault}`);
