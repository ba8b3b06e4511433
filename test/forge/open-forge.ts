import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdtempSync, readdirSync, readFileSync, lstatSync, readlinkSync } from "node:fs";
import { rm } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { createClock, type Json } from "../../src/base/index.ts";
import { openDatabase } from "../../src/db/index.ts";
import {
  createEmbeddedForge,
  forgeMigrations,
  type Actor,
  type EmbeddedForge,
  type JudgeRefUpdate,
  type PipelineRecords,
} from "../../src/forge/index.ts";
import {
  callOf,
  isObject,
  NO_TOOL_PERMISSIONS,
  operationById,
  type Grant,
  type JsonObject,
  type RefUpdate,
} from "../../src/policy/index.ts";

export const ANN: Actor = { kind: "person", name: "ann" };
export const BOB: Actor = { kind: "person", name: "bob" };
export const STEP: Actor = { kind: "step", run: "7f3a", step: 1, agent: "writer" };
export const REPOSITORY = "demo/shop";

/** A forge over a fresh home, and a user's clone beside it. */
export type Opened = AsyncDisposable & {
  readonly forge: EmbeddedForge;
  readonly folder: string;
  readonly home: string;
  readonly clone: string;
  /** Runs git in the user's clone, or another folder; rejects with git's words. */
  git(args: readonly string[], directory?: string): Promise<string>;
  /** The bare repository. */
  readonly bare: string;
};

export async function openForge(options: { readonly pipelines?: PipelineRecords } = {}): Promise<Opened> {
  const folder = mkdtempSync(join(tmpdir(), "forge-test-"));
  const home = join(folder, "home");
  const database = openDatabase(home, forgeMigrations);
  const forge = createEmbeddedForge({ home, database, clock: createClock(), ...options });
  const clone = join(folder, "clone");
  const git = (args: readonly string[], directory = clone) => runGit(args, directory);
  await git(["init", "--quiet", "--initial-branch=main", clone], folder);
  return {
    forge,
    folder,
    home,
    clone,
    git,
    bare: join(home, "forge", `${REPOSITORY}.git`),
    async [Symbol.asyncDispose]() {
      await forge[Symbol.asyncDispose]();
      database.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** A forge whose repository has `main` with a few files and a branch `work` that changes one. */
export async function openShop(options: { readonly pipelines?: PipelineRecords } = {}): Promise<Opened> {
  const opened = await openForge(options);
  const { git, forge, clone } = opened;
  const { writeFileSync, mkdirSync } = await import("node:fs");
  mkdirSync(join(clone, "src"));
  writeFileSync(join(clone, "README.md"), "# Shop\n");
  writeFileSync(join(clone, "src/cart.js"), "export const total = 1;\n");
  writeFileSync(join(clone, "bitbucket-pipelines.yml"), "pipelines: {default: [{step: {script: [make]}}]}\n");
  await git(["add", "."]);
  await git(["commit", "--quiet", "-m", "Begin"]);
  await git(["checkout", "--quiet", "-b", "work"]);
  writeFileSync(join(clone, "src/cart.js"), "export const total = 2;\nexport const tax = 0;\n");
  await git(["commit", "--quiet", "-am", "Count again"]);
  await git(["checkout", "--quiet", "main"]);
  await forge.importRepository({ name: REPOSITORY, from: clone });
  return opened;
}

const USER = {
  GIT_AUTHOR_NAME: "ann",
  GIT_AUTHOR_EMAIL: "ann@example.com",
  GIT_COMMITTER_NAME: "ann",
  GIT_COMMITTER_EMAIL: "ann@example.com",
};

export function runGit(args: readonly string[], directory: string): Promise<string> {
  const env = {
    PATH: process.env["PATH"],
    LC_ALL: "C",
    HOME: "/nonexistent",
    GIT_TERMINAL_PROMPT: "0",
    GIT_CONFIG_NOSYSTEM: "1",
    ...USER,
  };
  return new Promise((resolve, reject) => {
    execFile("git", [...args], { cwd: directory, env, maxBuffer: 1 << 26 }, (error, stdout, stderr) => {
      if (error === null) resolve(stdout.trim());
      else reject(new Error(`git ${args.join(" ")}: ${stderr}${stdout}`));
    });
  });
}

export const allow: JudgeRefUpdate = async () => ({ allow: true, ask: false });

export type Served = AsyncDisposable & {
  /** `http://127.0.0.1:port`; a repository is at `/git/<workspace>/<slug>`. */
  readonly url: string;
  readonly asked: RefUpdate[];
};

/** A listener that calls `forge.git` as one actor, as the broker does. */
export async function serve(
  forge: EmbeddedForge,
  { actor = STEP, judge = allow, trusted }: { actor?: Actor; judge?: JudgeRefUpdate; trusted?: string },
): Promise<Served> {
  const asked: RefUpdate[] = [];
  const trustedCommit = trusted ?? (await forge.resolve(REPOSITORY, "main")) ?? "";
  const server = createServer((request, response) => {
    const match =
      /^\/git\/(?<name>.+?)\/(?<service>info\/refs|git-upload-pack|git-receive-pack)(?:\?(?<query>.*))?$/u.exec(
        request.url ?? "",
      );
    const { name = "", service, query = "" } = match?.groups ?? {};
    if (service !== "info/refs" && service !== "git-upload-pack" && service !== "git-receive-pack") {
      response.writeHead(404).end();
      return;
    }
    const headers = Object.fromEntries(Object.entries(request.headers).map(([key, value]) => [key, String(value)]));
    forge
      .git(
        {
          repository: decodeURIComponent(name),
          service,
          method: request.method === "POST" ? "POST" : "GET",
          query,
          headers,
          body: request,
        },
        (status, answer) => response.writeHead(status, answer),
        actor,
        (update) => {
          asked.push(update);
          return judge(update);
        },
        trustedCommit,
      )
      .catch((error: unknown) => response.destroy(error instanceof Error ? error : new Error(String(error))));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    asked,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** One operation as an actor, by its path parameters, query and body. */
export async function ask(
  { forge }: Pick<Opened, "forge">,
  id: string,
  request: {
    readonly path?: Readonly<Record<string, string>>;
    readonly query?: Readonly<Record<string, string>>;
    readonly body?: JsonObject;
    readonly actor?: Actor;
    readonly repository?: string;
  } = {},
): Promise<{ status: number; value: JsonObject; text: string }> {
  const { path = {}, query = {}, body = null, actor = ANN, repository = REPOSITORY } = request;
  const call = { ...callOf(operationById(id), repository, {}), path, query, body };
  const answer = await forge.call(call, actor);
  const value: Json = answer.body.kind === "json" ? answer.body.value : null;
  return {
    status: answer.status,
    value: isObject(value) ? value : {},
    text: answer.body.kind === "text" ? answer.body.text.toString() : "",
  };
}

/** Every file below a folder with a digest of its content: two equal maps mean that nothing was written. */
export function fingerprint(folder: string): ReadonlyMap<string, string> {
  const result = new Map<string, string>();
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    const stats = lstatSync(path);
    const content = stats.isSymbolicLink() ? readlinkSync(path) : stats.isFile() ? readFileSync(path) : "";
    const digest = createHash("sha256").update(content).digest("hex");
    result.set(relative(folder, path), `${stats.mode} ${stats.mtimeMs} ${digest}`);
  }
  return result;
}

/** A grant for `REPOSITORY` that is open but for what a test narrows. */
export function grantFor(part: Partial<Grant> = {}): Grant {
  return {
    run: "7f3a",
    step: 1,
    item: "1",
    repository: REPOSITORY,
    scopes: [],
    agent: null,
    agentStep: false,
    tools: NO_TOOL_PERMISSIONS,
    protectedBranches: ["main"],
    trustedCommit: "",
    models: [],
    egress: [],
    expiresAt: Number.MAX_SAFE_INTEGER,
    reviewed: true,
    ...part,
  };
}
