import { parseArgs } from "node:util";
import { boxesLeakNothing } from "./boxes-leak-nothing.ts";
import { memoryStaysFlat } from "./memory-stays-flat.ts";
import type { Proof } from "./proof.ts";

/** Proofs that take long. `--short` makes the same ones with fewer rounds, for CI. */
const PROOFS: readonly Proof[] = [memoryStaysFlat, boxesLeakNothing];

const { values } = parseArgs({ options: { short: { type: "boolean", default: false }, only: { type: "string" } } });
const chosen = PROOFS.filter(({ name }) => values.only === undefined || values.only === name);
if (chosen.length === 0) {
  console.error(`soak: nothing is called ${values.only}; there is ${PROOFS.map(({ name }) => name).join(", ")}`);
  process.exitCode = 2;
}
for (const { name, claim, prove } of chosen) {
  const faults = await prove(values.short);
  console.log(`${faults.length === 0 ? "holds" : "FAILS"}  ${name}  ${claim}`);
  for (const fault of faults) console.log(`       ${fault}`);
  if (faults.length > 0) process.exitCode = 1;
}
