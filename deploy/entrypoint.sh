#!/bin/sh
# Starts `longhaul` with a JavaScript heap that fits into the memory limit of the container: node takes the limit of the
# machine for its own otherwise, and is killed by the kernel before it would collect its garbage.
#   heap = 3/4 × (limit of the control group − LONGHAUL_TRANSFER_MEMORY_MB, the part buffers, which lie outside of it)
# A --max-old-space-size in NODE_OPTIONS wins; without a limit node decides. LONGHAUL_CGROUP_DIR: for tests.
set -eu

cgroup=${LONGHAUL_CGROUP_DIR:-/sys/fs/cgroup}
app=$(cd "$(dirname "$0")/.." && pwd)
mib=1048576
# Less than this and nothing runs: better an error of node's than a limit of nothing.
least_heap_mib=128
# 16 TiB: control groups of version 1 say "no limit" with a number near 2^63.
no_limit_bytes=17592186044416

limit=max
for file in "$cgroup/memory.max" "$cgroup/memory/memory.limit_in_bytes"; do
  if [ -r "$file" ]; then
    limit=$(cat "$file")
    break
  fi
done

heap=''
case "${NODE_OPTIONS:-}" in
  *--max-old-space-size*) ;;
  *)
    case "$limit" in
      '' | *[!0-9]*) ;;
      *)
        if [ "$limit" -lt "$no_limit_bytes" ]; then
          buffers=${LONGHAUL_TRANSFER_MEMORY_MB:-128}
          # What is no number is refused by longhaul itself, with a message that says so.
          case "$buffers" in *[!0-9]*) buffers=128 ;; esac
          heap=$(((limit / mib - buffers) * 3 / 4))
          [ "$heap" -ge "$least_heap_mib" ] || heap=$least_heap_mib
        fi
        ;;
    esac
    ;;
esac

# exec: SIGTERM reaches node, which hands its work over before it ends.
exec node ${heap:+"--max-old-space-size=$heap"} "$app/bin/longhaul.js" "$@"
