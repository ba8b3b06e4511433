import { createServer, type Server } from "node:net";
import { randomInt } from "node:crypto";
import { readFileSync } from "node:fs";
import { noIsolation } from "./no-isolation.ts";

/** Host uids, each also used as a gid, that boxes run as when Sallyport runs as root. */
export type UidRange = { readonly first: number; readonly count: number };

/** A uid that no other box on this machine has until it is released. */
export type UidLease = { readonly uid: number; release(): void };

const ATTEMPTS = 64;

/**
 * Takes a uid of `range`, `preferred` if that is one and free. The lease is an abstract Unix socket, which only one
 * process can have and which the kernel takes back when that process is killed.
 */
export async function leaseUid(range: UidRange, preferred: number): Promise<UidLease> {
  const isInRange = preferred >= range.first && preferred < range.first + range.count;
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const uid = isInRange && attempt === 0 ? preferred : range.first + randomInt(range.count);
    const lock = await lockName(`\0sallyport-box-uid-${uid}`);
    if (lock) return { uid, release: () => void lock.close() };
  }
  throw noIsolation(
    `no free uid in ${range.first} to ${range.first + range.count - 1}`,
    "configure a larger range of uids",
  );
}

/** Throws `no-isolation` unless this user namespace has every uid of `range`: then a box would not start. */
export function checkUidRange(range: UidRange): void {
  const isMapped = readFileSync("/proc/self/uid_map", "utf8")
    .split("\n")
    .some((line) => {
      const [inside = Number.NaN, , count = 0] = line.trim().split(/\s+/).map(Number);
      return inside <= range.first && inside + count >= range.first + range.count;
    });
  if (!isMapped) {
    throw noIsolation(
      `the uids ${range.first} to ${range.first + range.count - 1} do not exist in this container`,
      "configure a range inside /proc/self/uid_map",
    );
  }
}

function lockName(path: string): Promise<Server | null> {
  return new Promise((resolve) => {
    const server = createServer((socket) => socket.destroy());
    server.unref();
    server.once("error", () => resolve(null));
    server.listen(path, () => resolve(server));
  });
}
