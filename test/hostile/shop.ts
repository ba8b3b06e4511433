import { isObject, operationById, readMember, type JsonObject } from "../../src/policy/index.ts";
import type { LedgerEvent } from "../../src/ledger/index.ts";
import type { HostilePlace } from "./hostile-place.ts";
import { withRooms } from "./rooms.ts";

/** A person's branch with one file more. */
export function addBranch(
  place: HostilePlace,
  branch: string,
  files: Readonly<Record<string, string>> = { [`${branch}.txt`]: "new\n" },
): void {
  place.git("checkout", "--quiet", "-b", branch, "main");
  place.commit(files, `Add ${branch}`);
  place.git("checkout", "--quiet", "main");
}

/** Such a branch, open as a pull request into main. Returns its number. */
export async function openPullRequest(
  place: HostilePlace,
  branch: string,
  files?: Readonly<Record<string, string>>,
): Promise<number> {
  addBranch(place, branch, files);
  const made = await place.ask("pr", "create", "--source", branch, "--title", `Add ${branch}`);
  const id = isObject(made) ? made["id"] : undefined;
  if (typeof id !== "number") throw new Error(`no pull request in ${JSON.stringify(made)}`);
  return id;
}

/** What the forge itself has at an operation, asked as a person. */
export async function lookUp(
  place: HostilePlace,
  operation: string,
  path: Readonly<Record<string, string>> = {},
): Promise<JsonObject> {
  return withRooms(place.home, async ({ forge }) => {
    const query = { pagelen: "100" };
    const call = { operation: operationById(operation), repository: "demo/shop", path, query, body: null };
    const { body } = await forge.call(call, { kind: "person", name: "robin" });
    return body.kind === "json" && isObject(body.value) ? body.value : {};
  });
}

/** A person does something at the forge; it must work. */
export async function act(
  place: HostilePlace,
  operation: string,
  path: Readonly<Record<string, string>>,
  body: JsonObject,
): Promise<JsonObject> {
  return withRooms(place.home, async ({ forge }) => {
    const call = { operation: operationById(operation), repository: "demo/shop", path, query: {}, body };
    const { status, body: answer } = await forge.call(call, { kind: "person", name: "robin" });
    if (status >= 300) throw new Error(`${operation}: ${status} ${JSON.stringify(answer)}`);
    return answer.kind === "json" && isObject(answer.value) ? answer.value : {};
  });
}

/** The texts of a pull request's comments, oldest first. */
export async function commentsOn(place: HostilePlace, id: number): Promise<readonly string[]> {
  const { values } = await lookUp(place, "comments.list", { pull_request_id: String(id) });
  return Array.isArray(values)
    ? values.flatMap((value) => {
        const raw = isObject(value) && value["deleted"] !== true ? readMember(value, ["content", "raw"]) : undefined;
        return typeof raw === "string" ? [raw] : [];
      })
    : [];
}

/** Titles of the open pull requests. */
export async function openTitles(place: HostilePlace): Promise<readonly string[]> {
  const list = await place.ask("pr", "list");
  const values: unknown = isObject(list) ? list["values"] : list;
  return Array.isArray(values)
    ? values.flatMap((value: unknown) =>
        isObject(value) && typeof value["title"] === "string" ? [value["title"]] : [],
      )
    : [];
}

/** The decisions of a run, as `operation door allow` or `operation door gate`. */
export function decisions(events: readonly LedgerEvent[]): readonly string[] {
  return events.flatMap((event) =>
    event.type === "decision" ? [`${event.operation} ${event.door} ${event.allow ? "allow" : event.gate}`] : [],
  );
}
