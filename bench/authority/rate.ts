/** How often `act` can be done in a second, from `count` times in a row. */
export function rate(count: number, act: (index: number) => void): number {
  const start = performance.now();
  for (let index = 0; index < count; index += 1) act(index);
  return (count * 1_000) / (performance.now() - start);
}
