import { readFileSync } from "node:fs";
import { defineConfig, type ConfigExport } from "rolldown";
import { findPrograms, keepFilesBeside } from "./scripts/build/keep-files-beside.ts";

/** Packages of many small modules: inside the bundle they start faster. No object of theirs reaches another package. */
const INSIDE = ["yaml", "kysely", "jose", "zod", "@modelcontextprotocol/server"];

// The file is this package's own, with the field that npm requires.
const { dependencies } = JSON.parse(readFileSync("package.json", "utf8")) as { dependencies: Record<string, string> };
const packages = Object.keys(dependencies);

/** Whether `id` is left for npm to install. */
const isOutside = (id: string, inside: readonly string[]): boolean =>
  id.startsWith("node:") ||
  packages.some((name) => !inside.includes(name) && (id === name || id.startsWith(`${name}/`)));

/** The command line as chunks in `dist/cli`, and each program that runs by itself, module by module, where it is in `src`. */
const config: ConfigExport = defineConfig([
  {
    input: { main: "src/cli/main.ts" },
    platform: "node",
    external: (id) => isOutside(id, INSIDE),
    plugins: [keepFilesBeside()],
    output: {
      dir: "dist",
      cleanDir: true,
      format: "esm",
      entryFileNames: "cli/[name].js",
      chunkFileNames: "cli/[name]-[hash].js",
    },
  },
  {
    input: [...findPrograms()],
    platform: "node",
    external: (id) => isOutside(id, []),
    output: {
      dir: "dist",
      format: "esm",
      preserveModules: true,
      preserveModulesRoot: "src",
      entryFileNames: "[name].js",
    },
  },
]);
export default config;
