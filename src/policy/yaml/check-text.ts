import { YAML_LIMITS } from "./limits.ts";
import type { YamlReport } from "./yaml-report.ts";

/** Controls that no text file has. Tab, line feed, carriage return and NEL are left out. */
const CONTROL = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u0084\u0086-\u009f]/u;

/** Bidirectional controls, zero-width characters and tags: a reviewer sees another text than the agent gets. */
const HIDDEN = /[\u061c\u200b\u200e\u200f\u202a-\u202e\u2060-\u2069\u{e0000}-\u{e007f}]/gu;

/** Looks at the text before YAML does. False: the text is not worth parsing. */
export function checkText(report: YamlReport, text: string): boolean {
  if (Buffer.byteLength(text) > YAML_LIMITS.fileBytes) {
    report.add("file-too-large", 0, "the file is over 1 MiB", "move long scripts into files of their own");
    return false;
  }
  checkEncoding(report, text);
  const control = CONTROL.exec(text);
  if (control !== null) {
    const code = (control[0].codePointAt(0) ?? 0).toString(16).padStart(4, "0");
    report.add("control-character", control.index, `the control character U+${code} stands in the file`, "remove it");
  }
  for (const hidden of text.matchAll(HIDDEN)) {
    const code = (hidden[0].codePointAt(0) ?? 0).toString(16).padStart(4, "0");
    report.add(
      "hidden-character",
      hidden.index,
      `the invisible character U+${code} stands in the file`,
      "remove it, or write it as an escape in double quotes",
    );
  }
  return !report.hasErrors();
}

/** Bytes that are not UTF-8 arrive as U+FFFD from the decoder, which no real file contains. */
function checkEncoding(report: YamlReport, text: string): void {
  const replaced = text.indexOf("\ufffd");
  if (replaced >= 0) report.add("not-utf8", replaced, "the file is not UTF-8 here", "save it as UTF-8");
  if (!text.isWellFormed()) {
    const half = text.search(/\p{Surrogate}/u);
    report.add("control-character", half, "half a surrogate pair stands in the file", "save it as UTF-8");
  }
}
