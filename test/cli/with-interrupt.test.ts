import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { expect, onTestFinished, test } from "vitest";

/** Work that says when it is asked to stop, and does not. */
const STUBBORN = `
  import { withInterrupt } from "${fileURLToPath(new URL("../../src/cli/with-interrupt.ts", import.meta.url))}";
  await withInterrupt(() => console.log("first"), (signal) => {
    signal.addEventListener("abort", () => console.log("aborted"));
    console.log("started");
    return new Promise(() => setInterval(() => {}, 1_000));
  });
`;

test.each(["SIGINT", "SIGTERM", "SIGHUP"] as const)(
  "%s asks once, and ends the process the second time",
  async (signal) => {
    const child = spawn(process.execPath, ["--input-type=module", "--eval", STUBBORN], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    onTestFinished(() => void child.kill("SIGKILL"));
    const lines: string[] = [];
    createInterface({ input: child.stdout }).on("line", (line) => {
      lines.push(line);
      if (line === "started" || line === "aborted") child.kill(signal);
    });
    expect(await once(child, "close")).toEqual([130, null]);
    expect(lines).toEqual(["started", "first", "aborted"]);
  },
);
