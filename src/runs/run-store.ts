import { join } from "node:path";
import {
  currentProcess,
  ensurePrivateFolder,
  isProcessAlive,
  randomHex,
  SallyportError,
  type Clock,
  type Json,
  type ProcessIdentity,
} from "../base/index.ts";
import type { Database } from "../db/index.ts";
import type { EndState, Run, RunState, RunStep } from "./run.ts";
import { runFolder, stepLogFile } from "./run-folder.ts";
import { followStepLog, openStepLog, readStepLog, type StepLog } from "./step-log.ts";
import { runFrom, stepFrom, type RunRow, type RunTables } from "./tables.ts";

/** What ran, shared by every process with the same home. Every change is one transaction. */
export interface RunStore {
  /** A new run, `queued`, owned by this process, with its folder. */
  create(run: NewRun): Promise<Run>;
  /** `queued` → `running`; false when it is not queued, for example because it was ended meanwhile. */
  start(run: string): Promise<boolean>;
  /** Ends a run that has not ended; false when it had, and then nothing changes. */
  end(run: string, state: EndState, exitCode: number): Promise<boolean>;
  startStep(run: string, number: number, name: string): Promise<void>;
  endStep(run: string, number: number, state: EndState, exitCode: number | null): Promise<void>;
  /** Throws `not-found`. */
  get(run: string): Promise<Run>;
  /** A run by its id or by the 4 or more digits that it starts with. Throws `not-found`, or `usage` when several match. */
  find(text: string): Promise<Run>;
  /** Newest first. */
  list(filter?: { readonly states?: readonly RunState[]; readonly limit?: number }): Promise<readonly Run[]>;
  /** In their order. */
  steps(run: string): Promise<readonly RunStep[]>;

  /** Runs that have not ended although their process is gone. */
  findInterrupted(): Promise<readonly Run[]>;
  /** Ends such a run and its open steps; true for the one caller, of all processes, that did it. */
  markInterrupted(run: string): Promise<boolean>;
  /** Asks a run to stop. Returns the owner, to be sent SIGINT, or null when it has ended or its owner is gone. */
  requestCancel(run: string): Promise<ProcessIdentity | null>;
  isCancelRequested(run: string): Promise<boolean>;

  openLog(run: string, step: number): StepLog;
  /** Throws `not-found` while the step has none. */
  readLog(run: string, step: number): AsyncGenerator<Buffer>;
  /** The log as it grows, until the step or the run has ended, or `signal` aborts. */
  followLog(run: string, step: number, signal?: AbortSignal): AsyncGenerator<Buffer>;
  /** A run's private folder for artifacts, made when it is missing. */
  artifactsFolder(run: string): string;
  /** A run's own folder, `home/runs/<run>`. */
  folder(run: string): string;
}

export type NewRun = {
  readonly selector: string;
  readonly repository: string;
  readonly details?: Readonly<Record<string, Json>>;
};

const UNENDED: readonly RunState[] = ["queued", "running"];
const DEFAULT_LIMIT = 50;

export function createRunStore(options: {
  readonly database: Database;
  readonly home: string;
  readonly clock: Clock;
}): RunStore {
  const { database, home, clock } = options;
  const query = database.tables<RunTables>();

  async function create({ selector, repository, details = {} }: NewRun): Promise<Run> {
    const { pid, startTime } = currentProcess();
    for (;;) {
      const row: RunRow = {
        id: randomHex(4),
        state: "queued",
        selector,
        repository,
        details: JSON.stringify(details),
        created_at: clock.now(),
        started_at: null,
        ended_at: null,
        exit_code: null,
        owner_pid: pid,
        owner_start: startTime,
        cancel_requested_at: null,
      };
      const { numInsertedOrUpdatedRows } = await query
        .insertInto("runs")
        .values(row)
        .onConflict((conflict) => conflict.column("id").doNothing())
        .executeTakeFirst();
      if (numInsertedOrUpdatedRows === 0n) continue;
      ensurePrivateFolder(runFolder(home, row.id));
      return runFrom(row);
    }
  }

  async function start(run: string): Promise<boolean> {
    const { numUpdatedRows } = await query
      .updateTable("runs")
      .set({ state: "running", started_at: clock.now() })
      .where("id", "=", run)
      .where("state", "=", "queued")
      .executeTakeFirst();
    return numUpdatedRows > 0n;
  }

  /** One transaction for the run and the steps left open; false when it had ended before. */
  function end(run: string, state: EndState, exitCode: number): Promise<boolean> {
    return database.transact<RunTables, boolean>(async (transaction) => {
      const now = clock.now();
      const { numUpdatedRows } = await transaction
        .updateTable("runs")
        .set({ state, ended_at: now, exit_code: exitCode })
        .where("id", "=", run)
        .where("state", "in", UNENDED)
        .executeTakeFirst();
      if (numUpdatedRows === 0n) return false;
      await transaction
        .updateTable("run_steps")
        .set({ state, ended_at: now })
        .where("run", "=", run)
        .where("state", "=", "running")
        .execute();
      return true;
    });
  }

  async function startStep(run: string, number: number, name: string): Promise<void> {
    await query
      .insertInto("run_steps")
      .values({ run, number, name, state: "running", started_at: clock.now(), ended_at: null, exit_code: null })
      .execute();
  }

  async function endStep(run: string, number: number, state: EndState, exitCode: number | null): Promise<void> {
    await query
      .updateTable("run_steps")
      .set({ state, ended_at: clock.now(), exit_code: exitCode })
      .where("run", "=", run)
      .where("number", "=", number)
      .where("state", "=", "running")
      .execute();
  }

  async function get(run: string): Promise<Run> {
    const row = await query.selectFrom("runs").selectAll().where("id", "=", run).executeTakeFirst();
    if (row === undefined) throw noSuchRun();
    return runFrom(row);
  }

  async function find(text: string): Promise<Run> {
    if (!/^[0-9a-f]{4,8}$/.test(text)) throw noSuchRun();
    const rows = await query.selectFrom("runs").selectAll().where("id", "like", `${text}%`).limit(2).execute();
    if (rows.length > 1) {
      throw new SallyportError("usage", `Several runs start with ${text}; give more digits.`);
    }
    const [row] = rows;
    if (row === undefined) throw noSuchRun();
    return runFrom(row);
  }

  async function list({
    states,
    limit = DEFAULT_LIMIT,
  }: { readonly states?: readonly RunState[]; readonly limit?: number } = {}): Promise<readonly Run[]> {
    let selection = query.selectFrom("runs").selectAll().orderBy("created_at", "desc").orderBy("id").limit(limit);
    if (states !== undefined) selection = selection.where("state", "in", states);
    return (await selection.execute()).map(runFrom);
  }

  async function steps(run: string): Promise<readonly RunStep[]> {
    const rows = await query.selectFrom("run_steps").selectAll().where("run", "=", run).orderBy("number").execute();
    return rows.map(stepFrom);
  }

  async function findInterrupted(): Promise<readonly Run[]> {
    const rows = await query
      .selectFrom("runs")
      .selectAll()
      .where("state", "in", UNENDED)
      .orderBy("created_at")
      .execute();
    return rows.map(runFrom).filter((run) => !isProcessAlive(run.owner));
  }

  async function requestCancel(run: string): Promise<ProcessIdentity | null> {
    const { owner, state } = await get(run);
    if (!UNENDED.includes(state) || !isProcessAlive(owner)) return null;
    await query
      .updateTable("runs")
      .set({ cancel_requested_at: clock.now() })
      .where("id", "=", run)
      .where("cancel_requested_at", "is", null)
      .execute();
    return owner;
  }

  async function hasEnded(run: string, number: number): Promise<boolean> {
    const { state } = await get(run);
    if (!UNENDED.includes(state)) return true;
    const step = (await steps(run)).find((candidate) => candidate.number === number);
    return step !== undefined && step.state !== "running";
  }

  return {
    create,
    start,
    end,
    startStep,
    endStep,
    get,
    find,
    list,
    steps,
    findInterrupted,
    markInterrupted: async (run) => !isProcessAlive((await get(run)).owner) && (await end(run, "interrupted", 130)),
    requestCancel,
    isCancelRequested: async (run) => (await get(run)).cancelRequestedAt !== null,
    openLog: (run, step) => openStepLog(stepLogFile(home, run, step)),
    readLog: (run, step) => readStepLog(stepLogFile(home, run, step)),
    followLog: (run, step, signal) =>
      followStepLog(stepLogFile(home, run, step), {
        isOver: () => hasEnded(run, step),
        ...(signal === undefined ? {} : { signal }),
      }),
    artifactsFolder(run) {
      const folder = join(runFolder(home, run), "artifacts");
      ensurePrivateFolder(folder);
      return folder;
    },
    folder: (run) => runFolder(home, run),
  };
}

function noSuchRun(): SallyportError {
  return new SallyportError("not-found", "There is no such run; `sallyport runs` lists the runs.");
}
