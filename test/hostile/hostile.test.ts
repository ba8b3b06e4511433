import { expect, test } from "vitest";
import { ATTACKS } from "./attacks.table.ts";
import { tryAttack } from "./try-attack.ts";

const LIMIT = 120_000;

// The requirements' check reads titles from the source, and these come from the table:
// cites: CITES
for (const attack of ATTACKS) {
  test(`attack ${attack.attack}: ${attack.title}`, { timeout: LIMIT }, async () => {
    expect(await tryAttack(attack)).toEqual({ gotThrough: [], broke: [] });
  });
}

test("the table names each attack once, in order", () => {
  const numbers = ATTACKS.map(({ attack }) => attack);
  expect(numbers).toEqual([...new Set(numbers)].toSorted((a, b) => a - b));
  expect(numbers.length).toBeGreaterThan(0);
});
