import { defineConfig } from "vitest/config";

const tests = process.env["MUTATION_TESTS"];
if (tests === undefined) throw new TypeError("run it by npm run mutation, which says which tests belong to the group");

export const mutationTests = defineConfig({
  // One process for all files of the group: one is started for each mutant.
  test: { include: tests.split(" "), isolate: false, testTimeout: 60_000, hookTimeout: 60_000 },
});

// Vitest takes nothing but a default export.
export { mutationTests as default };
