/** Unchanged lines shown around a change. */
const CONTEXT = 2;
/** Above this many pairs of lines the comparison would take long, and nobody would read the answer. */
const MOST_PAIRS = 4_000_000;

/**
 * How `to` differs from `from`, line by line: `- gone`, `+ new`, `  the same`, with `…` where lines are left out. Empty when
 * they are equal.
 */
export function unifiedDiff(from: string, to: string): readonly string[] {
  if (from === to) return [];
  const [a, b] = [linesOf(from), linesOf(to)];
  const start = commonStart(a, b);
  const end = Math.min(commonStart(a.toReversed(), b.toReversed()), a.length - start, b.length - start);
  const middle = compare(a.slice(start, a.length - end), b.slice(start, b.length - end));
  const same = (lines: readonly string[]): readonly string[] => lines.map((line) => `  ${line}`);
  return withoutFarLines([...same(a.slice(0, start)), ...middle, ...same(a.slice(a.length - end))]);
}

function linesOf(text: string): readonly string[] {
  return text === "" ? [] : text.replace(/\n$/u, "").split("\n");
}

function commonStart(a: readonly string[], b: readonly string[]): number {
  const differs = a.findIndex((line, index) => line !== b[index]);
  return differs === -1 ? Math.min(a.length, b.length) : differs;
}

/** By the longest common subsequence. */
function compare(a: readonly string[], b: readonly string[]): readonly string[] {
  if (a.length * b.length > MOST_PAIRS) return ["+ (too many lines differ to show them)"];
  const lengths = Array.from({ length: a.length + 1 }, () => new Uint32Array(b.length + 1));
  const at = (i: number, j: number): number => lengths[i]?.[j] ?? 0;
  for (let i = a.length - 1; i >= 0; i -= 1) {
    const row = lengths[i];
    if (row === undefined) continue;
    for (let j = b.length - 1; j >= 0; j -= 1) {
      row[j] = a[i] === b[j] ? at(i + 1, j + 1) + 1 : Math.max(at(i + 1, j), at(i, j + 1));
    }
  }
  const lines: string[] = [];
  let [i, j] = [0, 0];
  while (i < a.length || j < b.length) {
    if (i < a.length && j < b.length && a[i] === b[j]) {
      lines.push(`  ${a[i]}`);
      [i, j] = [i + 1, j + 1];
    } else if (i < a.length && (j === b.length || at(i + 1, j) >= at(i, j + 1))) {
      lines.push(`- ${a[i]}`);
      i += 1;
    } else {
      lines.push(`+ ${b[j]}`);
      j += 1;
    }
  }
  return lines;
}

function withoutFarLines(lines: readonly string[]): readonly string[] {
  const near = lines.map((_, index) =>
    lines.slice(Math.max(0, index - CONTEXT), index + CONTEXT + 1).some((line) => !line.startsWith(" ")),
  );
  return lines.flatMap((line, index) => (near[index] === true ? [line] : near[index - 1] !== false ? ["…"] : []));
}
