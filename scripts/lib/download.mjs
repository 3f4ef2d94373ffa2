/** Official release archives, taken only with the pinned SHA-256. */
import { createHash } from 'node:crypto';
import { chmodSync, mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { dirname, join } from 'node:path';
import { run, withProgress } from './progress.mjs';
import { MAX_ARCHIVE_BYTES } from './tools.mjs';

/** A closed network must fall through to the next way quickly. */
const CONNECT_TIMEOUT_MS = 5_000;
/** No byte for this long ends the download. */
const STALL_TIMEOUT_MS = 30_000;

const canConnect = (url) =>
  new Promise((resolve, reject) => {
    const port = Number(url.port || (url.protocol === 'http:' ? 80 : 443));
    const socket = connect({ host: url.hostname, port });
    const timer = setTimeout(() => fail(`no answer within ${CONNECT_TIMEOUT_MS / 1000} s`), CONNECT_TIMEOUT_MS);
    const fail = (reason) => {
      clearTimeout(timer);
      socket.destroy();
      reject(new Error(`${url.host} cannot be reached (${reason})`));
    };
    socket.once('error', (error) => fail(error.code ?? error.message));
    socket.once('connect', () => {
      clearTimeout(timer);
      socket.destroy();
      resolve();
    });
  });

const fetchBytes = async (url, onBytes) => {
  const abort = new globalThis.AbortController();
  const stalled = () => abort.abort(new Error(`no byte for ${STALL_TIMEOUT_MS / 1000} s`));
  let timer = setTimeout(stalled, STALL_TIMEOUT_MS);
  try {
    const response = await fetch(url, { signal: abort.signal });
    if (!response.ok) throw new Error(`${url.host} answers ${response.status} for ${url.pathname}`);
    const chunks = [];
    let bytes = 0;
    for await (const chunk of response.body) {
      clearTimeout(timer);
      timer = setTimeout(stalled, STALL_TIMEOUT_MS);
      bytes += chunk.length;
      if (bytes > MAX_ARCHIVE_BYTES) throw new Error('the archive is far larger than it should be');
      chunks.push(chunk);
      onBytes(bytes);
    }
    return Buffer.concat(chunks);
  } finally {
    clearTimeout(timer);
  }
};

/**
 * Downloads, checks, unpacks and puts the tool at `target`, in one atomic step. Throws an Error that says why not.
 * LONGHAUL_DOWNLOAD_URL replaces https://github.com for networks with a mirror; the checksum is the same.
 */
export const download = async (tool, target, host) => {
  const platform = `${process.platform}-${process.arch}`;
  const asset = tool.assets[platform];
  if (asset === undefined) throw new Error(`there is no release with a pinned checksum for ${platform}`);
  const base = host.LONGHAUL_DOWNLOAD_URL || 'https://github.com';
  const url = new URL(
    `${base.replace(/\/+$/, '')}/${tool.repository}/releases/download/v${tool.version}/${asset.file}`,
  );
  await canConnect(url);

  let received = 0;
  const archive = await withProgress(
    `downloading ${url.host}/…/${asset.file} (about ${tool.downloadMib} MiB)`,
    () => fetchBytes(url, (bytes) => (received = bytes)),
    () => `, ${(received / 1024 ** 2).toFixed(1)} MiB`,
  );
  const sha256 = createHash('sha256').update(archive).digest('hex');
  if (sha256 !== asset.sha256) {
    throw new Error(`${asset.file} has the SHA-256 ${sha256}, not the pinned ${asset.sha256}: it is not used`);
  }
  const scratch = `${dirname(target)}.unpack-${process.pid}`;
  mkdirSync(scratch, { recursive: true });
  try {
    const file = join(scratch, asset.file);
    writeFileSync(file, archive);
    await run('tar', ['-xzf', file, '-C', scratch]);
    const found = readdirSync(scratch, { recursive: true, withFileTypes: true }).find(
      (entry) => entry.isFile() && entry.name === tool.name,
    );
    if (found === undefined) throw new Error(`${asset.file} holds no file "${tool.name}"`);
    const binary = join(found.parentPath ?? found.path, found.name);
    chmodSync(binary, 0o755);
    mkdirSync(dirname(target), { recursive: true });
    renameSync(binary, target);
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
};
