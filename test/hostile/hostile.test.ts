import { expect, test } from "vitest";
import { ATTACKS } from "./attacks.table.ts";
import { tryAttack } from "./try-attack.ts";

const LIMIT = 120_000;

// The requirements' check reads titles from the source, and these come from the table:
// cites: attack 1, attack 3, attack 4, attack 5, attack 7, attack 19, attack 20, attack 22, attack 26, attack 30, attack 31, attack 33,
// cites: attack 36, attack 41, attack 42, attack 44, attack 45
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
