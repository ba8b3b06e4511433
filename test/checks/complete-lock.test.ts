import { describe, expect, test } from "vitest";
import { completeLock } from "../../scripts/lock/complete-lock.ts";
import { findMissingEntries } from "../../scripts/lock/missing-entries.ts";
import { findUnmarkedPrebuilt } from "../../scripts/lock/unmarked-prebuilt.ts";

const wants = (name: string, version = "2.0.0"): object => ({
  version,
  dev: true,
  optionalDependencies: { [name]: version },
});

describe("a native binding that npm left out gets the entry that npm would write", () => {
  const cases: readonly (readonly [name: string, entry: object])[] = [
    ["@a/binding-darwin-arm64", { os: ["darwin"], cpu: ["arm64"] }],
    ["@a/binding-linux-x64-gnu", { os: ["linux"], cpu: ["x64"], libc: ["glibc"] }],
    ["@a/binding-linux-arm-musleabihf", { os: ["linux"], cpu: ["arm"], libc: ["musl"] }],
    ["@a/binding-win32-ia32-msvc", { os: ["win32"], cpu: ["ia32"] }],
    ["@a/binding-android-arm-eabi", { os: ["android"], cpu: ["arm"] }],
    ["@a/binding-wasm32-wasi", { cpu: ["wasm32"] }],
  ];
  test.each(cases)("%s", (name, entry) => {
    const { packages } = completeLock({ packages: { "": {}, "node_modules/a": wants(name) } });
    expect(packages[`node_modules/${name}`]).toEqual({ version: "2.0.0", dev: true, optional: true, ...entry });
    expect(findMissingEntries({ packages })).toEqual([]);
  });
});

test("another version of the binding at the top stays, and ours stands beside its package", () => {
  const lock = {
    packages: {
      "node_modules/@a/binding-darwin-x64": { version: "1.0.0" },
      "node_modules/b/node_modules/a": wants("@a/binding-darwin-x64"),
    },
  };
  const { packages } = completeLock(lock);
  expect(packages["node_modules/@a/binding-darwin-x64"]).toEqual({ version: "1.0.0" });
  expect(packages).toHaveProperty(["node_modules/b/node_modules/@a/binding-darwin-x64", "version"], "2.0.0");
});

test("a range and a name without a platform are not guessed at", () => {
  expect(() => completeLock({ packages: { "node_modules/a": wants("@a/binding-darwin-x64", "^2.0.0") } })).toThrow(
    /not an exact version/,
  );
  expect(() => completeLock({ packages: { "node_modules/a": wants("@a/native") } })).toThrow(/names no platform/);
});

test("a package that ships its binary is marked, wherever it stands, and no other", () => {
  const entry = { version: "1.0.0" };
  const lock = {
    packages: {
      "node_modules/a/node_modules/better-sqlite3": entry,
      "node_modules/better-sqlite3": entry,
      "node_modules/not-better-sqlite3": entry,
    },
  };
  const { packages } = completeLock(lock);
  expect(packages).toEqual({
    "node_modules/a/node_modules/better-sqlite3": { ...entry, gypfile: false },
    "node_modules/better-sqlite3": { ...entry, gypfile: false },
    "node_modules/not-better-sqlite3": entry,
  });
  expect(findUnmarkedPrebuilt({ packages })).toEqual([]);
});
