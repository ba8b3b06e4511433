// Prints `N passed, N failed` from vitest's JSON report, and `, N skipped` when some were. Plain JavaScript: CI runs it on
// whatever Node the machine has.
import { readFileSync } from "node:fs";

const { numPassedTests, numFailedTests, numPendingTests, numTodoTests, numFailedTestSuites, testResults } = JSON.parse(
  readFileSync(process.argv[2], "utf8"),
);
// A file that could not be loaded has no failed test, and has failed all the same.
const broken = testResults.filter(
  ({ status, assertionResults }) => status === "failed" && assertionResults.length === 0,
);
const failed =
  numFailedTests + (numFailedTests === 0 && numFailedTestSuites > 0 ? Math.max(broken.length, 1) : broken.length);
const skipped = numPendingTests + numTodoTests;
console.log(`${numPassedTests} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ""}`);
