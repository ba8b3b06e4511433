import { currentProcess, isProcessAlive, SallyportError, type ProcessIdentity } from "../base/index.ts";
import type { Database } from "../db/index.ts";
import { EMPTY_HEAD, type Head } from "./chain.ts";
import type { Anchor } from "./verify.ts";

type Row = {
  readonly seq: number;
  readonly hash: string;
  readonly time: number;
  readonly closed: number;
  readonly writer_pid: number | null;
  readonly writer_start: number | null;
};

/** What the database knows about a run's chain; undefined when it was never opened. */
export function anchorOf(database: Database, run: string): Anchor | undefined {
  const row = rowOf(database, run);
  return row === undefined ? undefined : anchorFrom(row);
}

/** Time of the newest entry known of any chain, in milliseconds, 0 when there is none: `createClock`'s `notBefore` (attack 34). */
export function lastKnownTime(database: Database): number {
  return database.raw.prepare<[], number>("select coalesce(max(time), 0) from ledger_chains").pluck().get() ?? 0;
}

/**
 * Makes this process the one writer of a chain, and tells what is known of the chain. Throws `refused` while another
 * living process is, or this one already; a dead writer's place is taken over.
 */
export function claimChain(database: Database, run: string): Promise<Anchor> {
  const { pid, startTime } = currentProcess();
  return database.write((raw) => {
    raw
      .prepare("insert into ledger_chains (run, seq, hash, time, closed) values (?, ?, ?, ?, 0) on conflict do nothing")
      .run(run, EMPTY_HEAD.seq, EMPTY_HEAD.hash, EMPTY_HEAD.time);
    // Sound: the row was inserted just now if it was not there.
    const row = rowOf(database, run)!;
    const writer = writerOf(row);
    if (writer !== undefined && isProcessAlive(writer)) {
      throw new SallyportError(
        "refused",
        `Process ${writer.pid} is writing the ledger of run ${run}; wait for it, or cancel the run.`,
      );
    }
    raw.prepare("update ledger_chains set writer_pid = ?, writer_start = ? where run = ?").run(pid, startTime, run);
    return anchorFrom(row);
  });
}

/** A closed chain that was found sound goes on. */
export async function reopenChain(database: Database, run: string): Promise<void> {
  await database.write((raw) => raw.prepare("update ledger_chains set closed = 0 where run = ?").run(run));
}

/** Notes how far the chain reaches on disk. */
export async function saveHead(database: Database, run: string, head: Head): Promise<void> {
  await database.write((raw) =>
    raw
      .prepare("update ledger_chains set seq = ?, hash = ?, time = ? where run = ?")
      .run(head.seq, head.hash, head.time, run),
  );
}

/** Ends the writing. With a head the chain is closed there; without one, it stays open for a recovery. */
export async function releaseChain(database: Database, run: string, head: Head | undefined): Promise<void> {
  await database.write((raw) => {
    raw.prepare("update ledger_chains set writer_pid = null, writer_start = null where run = ?").run(run);
    if (head === undefined) return;
    raw
      .prepare("update ledger_chains set seq = ?, hash = ?, time = ?, closed = 1 where run = ?")
      .run(head.seq, head.hash, head.time, run);
  });
}

function rowOf(database: Database, run: string): Row | undefined {
  return database.raw.prepare<[string], Row>("select * from ledger_chains where run = ?").get(run);
}

function anchorFrom({ seq, hash, time, closed }: Row): Anchor {
  return { head: { seq, hash, time }, closed: closed === 1 };
}

function writerOf(row: Row): ProcessIdentity | undefined {
  return row.writer_pid === null ? undefined : { pid: row.writer_pid, startTime: row.writer_start ?? 0 };
}
