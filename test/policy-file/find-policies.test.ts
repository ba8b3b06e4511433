import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { findPolicies, type PolicyPlaces } from "../../src/cli/find-policies.ts";

let folder = "";

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "policies-"));
  mkdirSync(join(folder, "clone"));
  for (const name of ["system", "environment", "named"]) {
    writeFileSync(join(folder, `${name}.yml`), `# ${name}\n`, { mode: 0o600 });
  }
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

const find = (changes: Partial<PolicyPlaces>, system = "none.yml"): readonly string[] =>
  findPolicies(
    { named: null, environment: {}, directory: folder, clone: join(folder, "clone"), ...changes },
    join(folder, system),
  ).map(({ path }) => path.slice(folder.length + 1));

describe("rule 2: every policy holds at once", () => {
  test("the machine's, the environment's and the named one", () => {
    const environment = { SALLYPORT_POLICY: join(folder, "environment.yml") };
    expect(find({ environment, named: "named.yml" }, "system.yml")).toEqual([
      "system.yml",
      "environment.yml",
      "named.yml",
    ]);
  });

  test("only the machine's may be missing; an empty variable names none", () => {
    expect(find({})).toEqual([]);
    expect(find({ environment: { SALLYPORT_POLICY: "" } }, "system.yml")).toEqual(["system.yml"]);
    expect(() => find({ environment: { SALLYPORT_POLICY: "none.yml" } })).toThrow(/nothing runs without one/);
    expect(() => find({ named: "" })).toThrow();
  });

  test("a machine's policy that is not as it should be is not passed over", () => {
    mkdirSync(join(folder, "folder.yml"));
    expect(() => find({}, "folder.yml")).toThrow(/not a regular file/);
  });
});
