/** Addresses to listen on. A module of its own, because commands read theirs before anything large is loaded. */

/** `host:port`; `port` alone binds to this machine only, `:port` to every interface, as is the custom of Go programs. Null: neither. */
export const parseAddress = (text: string): string | null => {
  const match = /^(?:(\[[0-9a-f:.]+\]|[A-Za-z0-9_.-]*)(:))?(\d{1,5})$/i.exec(text);
  const port = Number(match?.[3] ?? NaN);
  if (match === null || !(port <= 65_535)) return null;
  const host = match[2] === undefined ? '127.0.0.1' : (match[1] ?? '') || '0.0.0.0';
  return `${host}:${port}`;
};
