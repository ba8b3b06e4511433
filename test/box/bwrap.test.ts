import { createBwrapProvider } from "../../src/box/index.ts";
import { describeBoxContract } from "./contract.ts";

describeBoxContract("bwrap", () => createBwrapProvider());
