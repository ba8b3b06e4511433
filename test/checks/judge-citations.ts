import type { Requirement } from "../requirements.ts";

/** What does not fit between the requirements and what tests cite: one sentence each, empty when all is well. */
export function judgeCitations(requirements: readonly Requirement[], cited: ReadonlySet<string>): readonly string[] {
  const problems: string[] = [];
  const ids = new Set<string>();
  for (const { id, status, reason } of requirements) {
    if (ids.has(id)) problems.push(`${id} is listed twice`);
    ids.add(id);
    if (status === "tested" && !cited.has(id)) problems.push(`${id} is said to be tested, and no test cites it`);
    if (status === "planned" && cited.has(id)) problems.push(`${id} is planned, and a test cites it: mark it tested`);
    if (status === "planned" && !reason) problems.push(`${id} is planned without a reason`);
  }
  for (const id of cited) {
    if (!ids.has(id)) problems.push(`a test cites ${id}, which is no requirement`);
  }
  return problems;
}
