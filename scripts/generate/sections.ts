import { ROOMS } from "../layers/room-table.ts";

/** One part of a document that is made from the code: what stands between `<!-- generated: ID -->` and `<!-- end -->`. */
export type Section = {
  readonly file: string;
  readonly id: string;
  /** Markdown without the markers. */
  readonly make: () => Promise<string>;
};

/** Every generated section of the documents. Adding one means one row here and its two markers in the file. */
export const SECTIONS: readonly Section[] = [{ file: "CONTRIBUTING.md", id: "rooms", make: makeRoomTable }];

async function makeRoomTable(): Promise<string> {
  const rows = ROOMS.map(({ name, holds, imports, packages }) => {
    // cli and runner take all rooms above them; sixteen names would say less than the word.
    const may = imports.length > 10 ? "all above" : imports.join(", ") || "–";
    return [`\`src/${name}\``, holds, may, packages.map((name) => `\`${name}\``).join(", ") || "–"];
  });
  return formatTable(["folder", "what lives there", "may import", "npm packages"], rows);
}

function formatTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
  return [head, head.map(() => "---"), ...rows].map((cells) => `| ${cells.join(" | ")} |`).join("\n");
}
