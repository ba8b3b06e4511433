/** What one gate of `npm run check` found. */
export type GateResult = {
  /** How many files, imports or sections it looked at. Zero fails: a gate that saw nothing has proved nothing. */
  readonly inputs: number;
  /** The noun for `inputs`, in the plural. */
  readonly noun: string;
  /** One entry a problem, each with where and what; empty when all is well. */
  readonly problems: readonly string[];
};

/** One gate. `run` looks at the project below `root`, changes nothing, and reports problems instead of throwing. */
export interface Gate {
  /** Also its name on the command line. */
  readonly id: string;
  run(root: string): Promise<GateResult>;
}

/** The problems of a result, with the one that an empty input is. */
export function judgeResult(result: GateResult): readonly string[] {
  if (result.inputs > 0) return result.problems;
  return [...result.problems, `saw no ${result.noun}: the gate is not set up, or looks in the wrong place`];
}
