import { defineConfig } from "vitest/config";

// Real processes, real boxes: each test file in a process of its own, and no more of them than the smallest machine has cores.
export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    exclude: ["test/agents/node_modules/**", "test/cases/**"],
    pool: "forks",
    maxWorkers: 2,
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
});
