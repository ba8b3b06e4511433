import { describe, expect, test } from "vitest";
import { parsePipelineFile, selectPlan, type Step } from "../../src/pipeline/index.ts";
import { stepGrant } from "../../src/runner/grants.ts";
import { findTaints, isBrought } from "../../src/runner/taint.ts";
import { ceilingsOf } from "../policy-file/policies.ts";

const TEXT = `definitions: {agents: {writer: {provider: script, prompt: Plan}}}
pipelines:
  custom:
    work:
      - step:
          name: plan
          auth: {system: {scopes: [read:pullrequest:bitbucket, write:pullrequest:bitbucket]}}
          script: [{agent: writer}]
          artifacts: {upload: [{name: notes, paths: [out/**]}]}
      - step:
          name: all
          script: [make]
      - step:
          name: apply
          auth: {system: {scopes: [write:repository:bitbucket, write:pullrequest:bitbucket]}}
          script: [make]
          artifacts: {paths: [more/**], download: [notes]}
      - step:
          name: last
          auth: {system: {scopes: [write:repository:bitbucket, read:pullrequest:bitbucket]}}
          script: [make]
          artifacts: {download: [apply]}
      - step:
          name: other
          auth: {system: {scopes: [write:repository:bitbucket]}}
          script: [make]
          artifacts: {download: [plan]}
`;

function stepsOf(text: string): readonly Step[] {
  const { pipelines, findings } = parsePipelineFile(text, "f.yml");
  const plan = pipelines === null ? null : selectPlan(pipelines, "custom/work").plan;
  if (plan === null) throw new TypeError(`the test's file is wrong: ${JSON.stringify(findings)}`);
  return plan.steps;
}

const NOBODY = { unreviewed: new Map(), trustedNames: new Map() };
const short = (scopes: readonly string[] | null | undefined) => scopes?.map((scope) => scope.replace(":bitbucket", ""));

describe("rule 10: an agent's artifacts go only to a step that names them, and taint it", () => {
  const steps = stepsOf(TEXT);
  const [plan, all, apply, last, other] = steps;
  if (plan === undefined || all === undefined || apply === undefined || last === undefined || other === undefined)
    throw new TypeError("the test's file has five steps");

  test("who is tainted, by whom, and what that leaves", () => {
    const taints = findTaints({ steps, ceilings: [], ...NOBODY });
    expect([...taints].map(([number, { from, scopes }]) => [number, from, short(scopes)])).toEqual([
      [3, [1], ["read:repository", "read:pullrequest", "write:pullrequest"]],
      // What step 3 may hold itself: what it declares and the producer's cap leaves.
      [4, [3], ["read:repository", "write:pullrequest"]],
    ]);
    expect([all, apply, last, other].map((step) => isBrought(step, plan, taints))).toEqual([false, true, false, false]);
    // A step without a list gets everything that no agent had a part in, and step 3's is no longer that.
    expect(isBrought({ ...last, downloads: true }, apply, taints)).toBe(false);
  });

  test("the grant is cut to the producer's, says so, and is marked", () => {
    const taint = findTaints({ steps, ceilings: [], ...NOBODY }).get(3) ?? null;
    const authority = {
      run: "00000001",
      step: apply,
      repository: "demo/shop",
      protectedBranches: [],
      trustedCommit: "",
      reviewed: true,
      startsAt: 0,
      expiresAt: 60_000,
      ceilings: [],
      taint,
    };
    const grant = stepGrant(authority);
    expect(grant.tainted).toBe(true);
    expect(short(grant.scopes)).toEqual(["read:repository", "write:pullrequest"]);
    expect(grant.cuts).toEqual([{ policy: "rule 10", what: "scope write:repository:bitbucket" }]);
    expect(short(stepGrant({ ...authority, taint: null }).scopes)).toContain("write:repository");
  });

  test("an edge that policy names leaves the scopes; the step stays tainted", () => {
    const edge = "exceptions: {edges: [{from: plan, to: apply}]}";
    const scopesOf = (...texts: readonly string[]) =>
      findTaints({ steps, ceilings: ceilingsOf(...texts), ...NOBODY }).get(3);
    expect(scopesOf(edge)).toEqual({ from: [1], scopes: null });
    expect(scopesOf(edge, edge)?.scopes).toBeNull();
    expect(scopesOf(edge, "")?.scopes).not.toBeNull();
    expect(scopesOf("exceptions: {edges: [{from: apply, to: plan}]}")?.scopes).not.toBeNull();
  });

  test("attack 8: a name that is not the trusted file's opens no edge", () => {
    const ceilings = ceilingsOf("exceptions: {edges: [{from: plan, to: apply}]}");
    const renamed = new Map([
      [1, ["something"]],
      [3, ["apply"]],
    ]);
    expect(findTaints({ steps, ceilings, unreviewed: new Map(), trustedNames: renamed }).get(3)?.scopes).not.toBeNull();
    const unreviewed = new Map([[1, { reason: "", diff: [] }]]);
    expect(short(findTaints({ steps, ceilings, unreviewed, trustedNames: new Map() }).get(3)?.scopes)).toEqual([
      "read:repository",
    ]);
  });
});
