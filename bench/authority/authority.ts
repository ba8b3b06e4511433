import type { Measurement } from "../measurement.ts";
import { decide } from "./decide.ts";
import { tokenKnown, tokenMint, tokenVerify } from "./tokens.ts";

/** Group `authority`: the one sequence that every operation passes (design, section 9). */
export const AUTHORITY: readonly Measurement[] = [tokenMint, tokenVerify, tokenKnown, decide];
