// Checks that every relative link in the project's documents leads to a file and every `#part` to a heading. Plain
// JavaScript without dependencies, so that a step in a box runs it before anything is installed.
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";

const documents = execFileSync("git", ["ls-files", "*.md"], { encoding: "utf8" }).split("\n").filter(Boolean);
const faults = [];
let links = 0;

for (const document of documents) {
  const text = readFileSync(document, "utf8").replace(/^```[\s\S]*?^```/gm, "");
  for (const [, target] of text.matchAll(/\]\(([^)\s]+)\)/g)) {
    if (/^[a-z]+:/.test(target)) continue;
    links += 1;
    const [path, part] = target.split("#");
    const file = path === "" ? document : relative(".", join(dirname(document), path));
    if (!existsSync(file)) faults.push(`${document}: ${target} leads nowhere`);
    else if (part && !readAnchors(file).includes(part))
      faults.push(`${document}: ${target} names no heading of ${file}`);
  }
}

function readAnchors(file) {
  return [...readFileSync(file, "utf8").matchAll(/^#+ (.*)$/gm)].map(([, heading]) =>
    heading
      .toLowerCase()
      .replace(/[^\p{L}\p{N} _-]/gu, "")
      .replaceAll(" ", "-"),
  );
}

for (const fault of faults) console.error(fault);
console.log(`links: ${documents.length} documents, ${links} links, ${faults.length} broken`);
if (faults.length > 0 || links === 0) process.exitCode = 1;
