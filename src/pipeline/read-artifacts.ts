import { type Node, quoted } from "../policy/index.ts";
import { readBoolean, readFullList, readKnownMap, readText, readTextList } from "./read-field.ts";
import type { Report } from "./report.ts";

/** What a step's `artifacts` say; `ignored` names the parts that have no effect yet. */
export type Artifacts = {
  readonly paths: readonly string[];
  /** Names that `upload` gives, each once. */
  readonly names: readonly string[];
  readonly downloads: boolean | readonly string[];
  readonly ignored: readonly string[];
};

export const NO_ARTIFACTS: Artifacts = { paths: [], names: [], downloads: true, ignored: [] };

/** The three written forms: a list of globs, `{paths, download}`, `{upload: [{name, paths, …}], download}`. */
export function readArtifacts(report: Report, node: Node): Artifacts {
  if (node.kind === "list") return { ...NO_ARTIFACTS, paths: readPaths(report, node) };
  const entries = readKnownMap(report, node, "artifacts", ["paths", "download", "upload"]);
  const paths = entries?.get("paths");
  const download = entries?.get("download");
  const upload = entries?.get("upload");
  const uploads = upload === undefined ? [] : readUploads(report, upload.value);
  return {
    paths: [...(paths === undefined ? [] : readPaths(report, paths.value)), ...uploads.flatMap((one) => one.paths)],
    names: [...new Set(uploads.flatMap(({ name }) => name ?? []))],
    downloads: download === undefined ? true : readDownload(report, download.value),
    ignored: upload === undefined ? [] : ["artifacts.upload"],
  };
}

function readDownload(report: Report, node: Node): boolean | readonly string[] {
  if (node.kind === "list") return readTextList(report, node, "download");
  return readBoolean(report, node, "download") ?? false;
}

const UPLOAD_KEYS = ["name", "paths", "type", "ignore-paths", "depth", "capture-on"];

type Upload = { readonly name: string | undefined; readonly paths: readonly string[] };

function readUploads(report: Report, node: Node): readonly Upload[] {
  return (readFullList(report, node, "upload")?.items ?? []).map((item) => {
    const entries = readKnownMap(report, item, "an item of upload", UPLOAD_KEYS);
    const [name, paths] = [entries?.get("name"), entries?.get("paths")];
    return {
      name: name && readText(report, name.value, "name"),
      paths: paths === undefined ? [] : readPaths(report, paths.value),
    };
  });
}

/** Artifacts are kept from below the clone directory only; Bitbucket accepts other paths and keeps nothing. */
function readPaths(report: Report, node: Node): readonly string[] {
  const paths = readTextList(report, node, "artifacts");
  for (const path of paths) {
    if (!/^[/~]/.test(path) && !path.split("/").includes("..")) continue;
    const message = `the artifact ${quoted(path)} leaves the clone directory and is never kept`;
    report.add("artifact-outside", node.offset, message, "write a path below the clone directory");
  }
  return paths;
}
