import { parseArgs } from "node:util";
import { MEASUREMENTS } from "./measurements.ts";
import { measure, type Result } from "./measurement.ts";

/** `npm run bench`: measures, prints a table or JSON lines, and exits 1 when a budget does not hold. */
const { values } = parseArgs({
  options: {
    json: { type: "boolean", default: false },
    only: { type: "string", multiple: true },
    help: { type: "boolean", default: false },
  },
});

if (values.help) {
  console.log("npm run bench -- [--json] [--only NAME|GROUP]…");
  for (const { name, group, against, budget, note } of MEASUREMENTS)
    console.log(`  ${group}/${name}  against ${against}, budget ${note ?? budget}`);
} else {
  process.exitCode = await run(values.only ?? []);
}

async function run(only: readonly string[]): Promise<number> {
  const chosen = MEASUREMENTS.filter(
    ({ name, group }) => only.length === 0 || only.includes(name) || only.includes(group),
  );
  if (chosen.length === 0) {
    console.error(`bench: nothing is called ${only.join(" or ")}; --help lists the measurements`);
    return 2;
  }
  let held = true;
  for (const measurement of chosen) {
    const result = await measure(measurement);
    held &&= result.holds;
    console.log(values.json ? JSON.stringify(result) : line(result));
  }
  return held ? 0 : 1;
}

function line(result: Result): string {
  const { name, unit, against, budget } = result;
  if (result.ours === null) return `skip   ${name.padEnd(20)} ${result.skipped}`;
  const { ours, theirs, ratio, holds } = result;
  const sides = `${ours} ${unit} against ${theirs} ${unit} (${against})`;
  return `${holds ? "holds" : "FAILS"}  ${name.padEnd(20)} ${String(ratio).padStart(7)}×  budget ${budget}×  ${sides}`;
}
