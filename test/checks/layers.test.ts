import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { checkLayers } from "../../scripts/layers/check-layers.ts";
import { ROOMS } from "../../scripts/layers/room-table.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));

test("every import of src is in the import table, and imports were seen", async () => {
  const { files, imports, problems } = await checkLayers(ROOT);
  expect(problems).toEqual([]);
  expect(files).toBeGreaterThan(20);
  expect(imports).toBeGreaterThan(files);
});

test("the table has no circle: a room imports only rooms above it, and every name is a room", () => {
  const names = ROOMS.map(({ name }) => name);
  for (const { name, imports } of ROOMS) {
    expect(names.slice(0, names.indexOf(name)), name).toEqual(expect.arrayContaining([...imports]));
  }
});
