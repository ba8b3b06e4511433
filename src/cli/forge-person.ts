import { userInfo } from "node:os";
import { SallyportError, type ErrorCode, type Json } from "../base/index.ts";
import type { ForgeAnswer, Imported } from "../forge/index.ts";
import { callOf, isObject, operationById, readMember, type JsonObject } from "../policy/index.ts";
import { repositoryNameOf } from "../runner/index.ts";
import type { Arguments } from "./arguments.ts";
import type { Session } from "./command.ts";
import { findClone } from "./find-clone.ts";
import { withWorkplace } from "./with-workplace.ts";
import type { Workplace } from "../runner/index.ts";

/** A person at the forge: the OS user, in one repository. */
export interface ForgePerson {
  readonly name: string;
  readonly repository: string;
  /** Does one operation; `args` by their tool names, `body` for members that tools do not have. Null: an answer without JSON. */
  ask(operation: string, args?: Readonly<Record<string, unknown>>, body?: JsonObject): Promise<Json>;
  /** All values of a list, page by page. */
  list(operation: string, args?: Readonly<Record<string, unknown>>): Promise<readonly JsonObject[]>;
  /** Brings the clone's branches into the forge. */
  importClone(): Promise<Imported>;
}

/** Opens the state directory and acts in the repository of `--repo`. */
export async function withForgePerson(
  args: Arguments,
  session: Session,
  work: (person: ForgePerson) => Promise<void>,
): Promise<number> {
  const clone = findClone(session.directory, args.text("repo"));
  return await withWorkplace(session, async ({ forge }) => {
    await work(createForgePerson(forge, clone, await repositoryNameOf(clone)));
    return 0;
  });
}

/** Entries of one page. */
const PAGE = 50;

function createForgePerson(forge: Workplace["forge"], clone: string, repository: string): ForgePerson {
  const name = userName();
  const ask: ForgePerson["ask"] = async (operation, args = {}, body = {}) => {
    const call = callOf(operationById(operation), repository, args);
    const whole = call.body === null ? null : { ...call.body, ...body };
    return readAnswer(await forge.call({ ...call, body: whole }, { kind: "person", name }), repository);
  };
  return {
    name,
    repository,
    ask,
    async list(operation, args = {}) {
      const all: JsonObject[] = [];
      for (let page = 1; ; page += 1) {
        const answer = await ask(operation, { ...args, page, pagelen: PAGE });
        const values = isObject(answer) ? answer["values"] : undefined;
        if (Array.isArray(values)) all.push(...values.filter(isObject));
        if (!isObject(answer) || answer["next"] === undefined) return all;
      }
    },
    importClone: () => forge.importRepository({ name: repository, from: clone }),
  };
}

function readAnswer({ status, body }: ForgeAnswer, repository: string): Json {
  if (status < 400) return body.kind === "json" ? body.value : null;
  const said = body.kind === "json" && isObject(body.value) ? readMember(body.value, ["error", "message"]) : undefined;
  const reason = typeof said === "string" ? said.replace(/\.$/, "") : `status ${status}`;
  throw new SallyportError(codeOf(status), `${repository}: ${reason}.`, { details: { status } });
}

/** A merge check that is not met is policy; what does not exist or makes no sense is usage. */
function codeOf(status: number): ErrorCode {
  if (status === 404) return "not-found";
  if (status === 403 || status === 409) return "refused";
  return status < 500 ? "usage" : "machine-fault";
}

/** The OS user: whoever owns the state directory (design, rule 7). Never a name in a flag. */
function userName(): string {
  try {
    return userInfo().username;
  } catch {
    // A uid without an entry in the user database, as in some containers.
    return `uid-${process.getuid?.() ?? "unknown"}`;
  }
}
