import { readFileSync } from "node:fs";

/** The package's own version: its `package.json` stands two folders up, in a checkout as in the built package. */
export const VERSION: string = readVersion(new URL("../../package.json", import.meta.url));

function readVersion(manifest: URL): string {
  const value: unknown = JSON.parse(readFileSync(manifest, "utf8"));
  if (typeof value === "object" && value !== null && "version" in value) return String(value.version);
  throw new TypeError("package.json has no version");
}
