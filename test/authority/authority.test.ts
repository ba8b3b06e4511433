import { closeSync, openSync, readlinkSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { createAuthority } from "../../src/authority/index.ts";
import { createTokenService } from "../../src/token/index.ts";
import { ALL_STEP_SCOPES, grantWith } from "../policy/grants.ts";
import { attemptAt, openWorkshop, RUN } from "./workshop.ts";

const grant = (changes: Parameters<typeof grantWith>[0] = {}) =>
  grantWith({ run: RUN, scopes: ALL_STEP_SCOPES, expiresAt: Date.now() + 600_000, ...changes });

const yes = async (): Promise<string> => "done";

describe("one sequence for every door", () => {
  test("an allowed read is done, counted, shown and on record", async () => {
    await using workshop = await openWorkshop();
    const admission = await workshop.authority.admit(grant());
    const outcome = await workshop.authority.perform(admission.token.reveal(), attemptAt("pullrequests.get"), yes);
    expect(outcome).toEqual({ allowed: true, result: "done" });
    expect(workshop.judged).toMatchObject([{ decision: { allow: true }, milliseconds: expect.any(Number) }]);
    await workshop.ledger.close();
    expect((await workshop.written()).map(({ type }) => type)).toEqual([
      "grant.made",
      "token.minted",
      "decision",
      "operation.done",
    ]);
  });

  test("a denial acts on nothing and names its gate, in the outcome and on record (rule 11)", async () => {
    await using workshop = await openWorkshop();
    const { token } = await workshop.authority.admit(grant({ scopes: ["read:repository:bitbucket"] }));
    let acted = false;
    const outcome = await workshop.authority.perform(
      token.reveal(),
      attemptAt("pullrequests.create"),
      async () => (acted = true),
    );
    expect(outcome).toMatchObject({
      allowed: false,
      denial: { gate: "scope", needs: { scopes: ["write:pullrequest:bitbucket"] } },
    });
    expect(acted).toBe(false);
    await workshop.ledger.close();
    expect(await workshop.written()).toContainEqual(
      expect.objectContaining({ type: "decision", allow: false, gate: "scope" }),
    );
  });

  test("a write is on disk before the act (rule 14)", async () => {
    await using workshop = await openWorkshop();
    const { token } = await workshop.authority.admit(grant());
    await workshop.authority.perform(token.reveal(), attemptAt("pullrequests.create"), async () => {
      expect(await workshop.written()).toContainEqual(
        expect.objectContaining({ type: "decision", operation: "pullrequests.create" }),
      );
    });
    expect.assertions(1);
  });

  test("nothing is done when the ledger cannot be written: fail closed", async () => {
    await using workshop = await openWorkshop();
    const { token } = await workshop.authority.admit(grant());
    closeAppendedFile(workshop.home);
    let acts = 0;
    for (const id of ["pullrequests.create", "pullrequests.create"]) {
      await expect(
        workshop.authority.perform(token.reveal(), attemptAt(id), async () => (acts += 1)),
      ).rejects.toThrow();
    }
    expect(acts).toBe(0);
  });

  test("an act that fails is thrown to the door and on record as failed", async () => {
    await using workshop = await openWorkshop();
    const { token } = await workshop.authority.admit(grant());
    const failing = () => Promise.reject(new Error("the forge is down"));
    await expect(workshop.authority.perform(token.reveal(), attemptAt("pullrequests.get"), failing)).rejects.toThrow(
      "the forge is down",
    );
    await workshop.ledger.close();
    expect(await workshop.written()).toContainEqual(
      expect.objectContaining({ type: "operation.done", status: "error" }),
    );
  });
});

describe("tokens", () => {
  test("attack 33: a token after its item is refused, also by a second broker that knows only the state", async () => {
    await using workshop = await openWorkshop();
    const { authority, tokens, database, home, clock, ledger } = workshop;
    const admission = await authority.admit(grant());
    await authority.dismiss(admission);
    await authority.dismiss(admission);
    const outcome = await authority.perform(admission.token.reveal(), attemptAt("repository.get"), yes);
    expect(outcome).toMatchObject({ allowed: false, denial: { gate: "token" } });
    expect(tokens.isLive(admission.tokenId)).toBe(false);
    const second = createTokenService({ database, home, clock });
    expect(await second.verify(admission.token.reveal(), admission.grant)).toMatchObject({
      ok: false,
      fault: "revoked",
    });
    const other = createAuthority({ tokens: second, ledger, clock, onJudged: () => undefined });
    await expect(other.perform(admission.token.reveal(), attemptAt("repository.get"), yes)).rejects.toThrow(
      "no item of this run",
    );
  });

  test("attack 45: another item's token has another item's rights, whoever holds it", async () => {
    await using workshop = await openWorkshop();
    const wide = await workshop.authority.admit(grant({ item: "1-a" }));
    const narrow = await workshop.authority.admit(grant({ item: "1-b", scopes: ["read:repository:bitbucket"] }));
    const attempt = attemptAt("pullrequests.create");
    expect(await workshop.authority.perform(narrow.token.reveal(), attempt, yes)).toMatchObject({ allowed: false });
    expect(await workshop.authority.perform(wide.token.reveal(), attempt, yes)).toMatchObject({ allowed: true });
  });

  test("attack 34: time that has passed stays passed, and a grant ends while its token is known", async () => {
    const clock = { time: Date.now(), now: () => clock.time };
    await using workshop = await openWorkshop(clock);
    const { token } = await workshop.authority.admit(grant({ expiresAt: clock.time + 1_000 }));
    const call = () => workshop.authority.perform(token.reveal(), attemptAt("repository.get"), yes);
    expect(await call()).toMatchObject({ allowed: true });
    clock.time += 1_000;
    expect(await call()).toMatchObject({ allowed: false, denial: { gate: "token" } });
  });
});

describe("counts and foresight", () => {
  const limited = () =>
    grant({ tools: { default: null, tools: { addPullRequestComment: { permission: "allow", maxCalls: 3 } } } });

  test("attack 42: one count for all doors, items and clients of a step, however many come at once", async () => {
    await using workshop = await openWorkshop();
    const first = await workshop.authority.admit({ ...limited(), item: "1-a" });
    const second = await workshop.authority.admit({ ...limited(), item: "1-b" });
    const doors = ["mcp", "rest"] as const;
    const outcomes = await Promise.all(
      Array.from({ length: 20 }, (_unused, index) =>
        workshop.authority.perform(
          (index % 2 === 0 ? first : second).token.reveal(),
          attemptAt("comments.create", { door: doors[index % 2] ?? "mcp" }),
          yes,
        ),
      ),
    );
    expect(outcomes.filter(({ allowed }) => allowed)).toHaveLength(3);
    expect(outcomes.filter((outcome) => !outcome.allowed && outcome.denial.gate === "budget")).toHaveLength(17);
  });

  test("ask is a denial while nobody can be asked (rule 7)", async () => {
    await using workshop = await openWorkshop();
    const { token } = await workshop.authority.admit(
      grant({ tools: { default: null, tools: { createPullRequest: { permission: "ask" } } } }),
    );
    const outcome = await workshop.authority.perform(token.reveal(), attemptAt("pullrequests.create"), yes);
    expect(outcome).toMatchObject({ allowed: false, denial: { gate: "approval" } });
  });

  test("foresight shows a pinned tool, counts nothing and records nothing (rule 6)", async () => {
    await using workshop = await openWorkshop();
    const pin = { permission: "allow", arguments: { pullRequestId: { equals: 1 } }, maxCalls: 1 } as const;
    const { token } = await workshop.authority.admit(
      grant({ tools: { default: "deny", tools: { getPullRequestDetails: pin } } }),
    );
    const operation = attemptAt("pullrequests.get").operation;
    for (let time = 0; time < 3; time += 1) {
      expect((await workshop.authority.foresee(token.reveal(), operation)).allow).toBe(true);
    }
    expect((await workshop.authority.foresee(token.reveal(), attemptAt("comments.list").operation)).allow).toBe(false);
    await workshop.ledger.close();
    expect((await workshop.written()).filter(({ type }) => type === "decision")).toEqual([]);
  });
});

/** Puts a read-only file in place of the ledger's open one: every write fails, as on a failing disk. */
function closeAppendedFile(home: string): void {
  closeSync(descriptorOf(join(home, "ledger", `${RUN}.jsonl`)));
  openSync("/dev/null", "r");
}

function descriptorOf(path: string): number {
  for (let descriptor = 3; descriptor < 200; descriptor += 1) if (linkOf(descriptor) === path) return descriptor;
  throw new Error(`no descriptor of ${path}`);
}

function linkOf(descriptor: number): string | null {
  try {
    return readlinkSync(`/proc/self/fd/${descriptor}`);
  } catch {
    return null;
  }
}

test("attack 27: a step that asks without end is refused, and the ledger does not grow with it", async () => {
  await using workshop = await openWorkshop();
  const authority = createAuthority({ ...workshop, mostAttempts: 3, onJudged: () => undefined });
  const first = await authority.admit(grant());
  let done = 0;
  const ask = async (token: string) => authority.perform(token, attemptAt("pullrequests.get"), async () => (done += 1));
  for (let count = 0; count < 3; count += 1) expect(await ask(first.token.reveal())).toMatchObject({ allowed: true });
  // The step's other items count with it; another step has its own.
  const second = await authority.admit(grant({ item: "1-2-shell" }));
  for (let count = 0; count < 50; count += 1) {
    expect(await ask(second.token.reveal())).toMatchObject({ allowed: false, denial: { gate: "budget" } });
  }
  const other = await authority.admit(grant({ step: 2, item: "2-1-shell" }));
  expect(await ask(other.token.reveal())).toMatchObject({ allowed: true });
  expect(done).toBe(4);
  await workshop.ledger.close();
  const types = (await workshop.written()).map(({ type }) => type);
  expect(types.filter((type) => type === "decision")).toHaveLength(4);
  expect(types.filter((type) => type === "notice")).toHaveLength(1);
});
