/** Such as `3 ms` or `1.2 s`: how long one operation took. */
export function formatMilliseconds(milliseconds: number): string {
  if (milliseconds < 1) return "<1 ms";
  if (milliseconds < 1_000) return `${Math.round(milliseconds)} ms`;
  return formatSeconds(milliseconds / 1_000);
}

/** Such as `1.2 s`, `42 s` or `3 min 12 s`. */
export function formatSeconds(seconds: number): string {
  if (seconds < 9.95) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  return whole < 60 ? `${whole} s` : `${Math.floor(whole / 60)} min ${whole % 60} s`;
}
