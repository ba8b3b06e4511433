import { checkLayers } from "../layers/check-layers.ts";
import type { Gate } from "./gate.ts";

/** The import table of `scripts/layers/room-table.ts`. */
export const layersGate: Gate = {
  id: "layers",
  async run(root) {
    const { imports, problems } = await checkLayers(root);
    return { inputs: imports, noun: "imports", problems };
  },
};
