import { fileURLToPath } from "node:url";
import { deadCodeGate } from "./gates/dead-code-gate.ts";
import { formatGate } from "./gates/format-gate.ts";
import { judgeResult, type Gate } from "./gates/gate.ts";
import { generatedGate } from "./gates/generated-gate.ts";
import { houseRulesGate } from "./gates/house-rules-gate.ts";
import { layersGate } from "./gates/layers-gate.ts";
import { lintGate } from "./gates/lint-gate.ts";
import { lockGate } from "./gates/lock-gate.ts";
import { typesGate } from "./gates/types-gate.ts";

const GATES: readonly Gate[] = [
  typesGate,
  lintGate,
  formatGate,
  deadCodeGate,
  layersGate,
  generatedGate,
  houseRulesGate,
  lockGate,
];

/** `npm run check [-- GATE…]`: one line a gate with what it saw, then its problems; exit 1 when there is one. */
async function main(names: readonly string[]): Promise<number> {
  const unknown = names.find((name) => !GATES.some(({ id }) => id === name));
  if (unknown !== undefined) {
    console.error(`check: no gate ${unknown}; there are ${GATES.map(({ id }) => id).join(", ")}`);
    return 2;
  }
  const root = fileURLToPath(new URL("..", import.meta.url));
  let failed = 0;
  for (const gate of GATES.filter(({ id }) => names.length === 0 || names.includes(id))) {
    const result = await gate.run(root);
    const problems = judgeResult(result);
    const verdict = problems.length === 0 ? "ok" : `${problems.length} problem${problems.length === 1 ? "" : "s"}`;
    console.log(`${gate.id}: ${result.inputs} ${result.noun}, ${verdict}`);
    for (const problem of problems) console.log(`  ${problem}`);
    if (problems.length > 0) failed += 1;
  }
  console.log(failed === 0 ? "all gates passed" : `${failed} gate${failed === 1 ? "" : "s"} failed`);
  return failed === 0 ? 0 : 1;
}

process.exitCode = await main(process.argv.slice(2));
