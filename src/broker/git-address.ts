import type { GitRequest } from "../forge/index.ts";

/** A request of git's smart HTTP protocol, or why it is none. */
export type GitAddress =
  | {
      readonly ok: true;
      readonly repository: string;
      readonly service: GitRequest["service"];
      /** Whether it is a step of a push; the rest are steps of a fetch. */
      readonly pushes: boolean;
    }
  | { readonly ok: false; readonly status: 400 | 404 | 405 | 415; readonly reason: string };

/** Workspace and slug start with a letter, a digit or an underscore: no dot segment, no option, nothing encoded. */
const PATH =
  /^\/git\/(?<workspace>[A-Za-z0-9_][A-Za-z0-9_-]{0,61})\/(?<slug>[A-Za-z0-9_][A-Za-z0-9._-]{0,61}?)(?:\.git)?\/(?<service>info\/refs|git-upload-pack|git-receive-pack)$/u;

const SERVICE_QUERY = /^service=(git-upload-pack|git-receive-pack)$/u;

/** Reads the raw path by a strict grammar (https://git-scm.com/docs/http-protocol). Dumb HTTP is refused. */
export function parseGitAddress(method: string, path: string, query: string, type: string | undefined): GitAddress {
  const { workspace, slug, service } = PATH.exec(path)?.groups ?? {};
  if (workspace === undefined || slug === undefined || slug.endsWith(".git") || !isService(service)) {
    return { ok: false, status: 404, reason: "this is not an address of git's smart HTTP protocol" };
  }
  const repository = `${workspace}/${slug}`.toLowerCase();
  if (service === "info/refs") {
    const asked = SERVICE_QUERY.exec(query)?.[1];
    if (asked === undefined) return { ok: false, status: 400, reason: "only git's smart HTTP protocol is served" };
    if (method !== "GET") return { ok: false, status: 405, reason: "refs are read with GET" };
    return { ok: true, repository, service, pushes: asked === "git-receive-pack" };
  }
  if (method !== "POST") return { ok: false, status: 405, reason: `${service} takes POST` };
  if (query !== "") return { ok: false, status: 400, reason: `${service} takes no query` };
  if (type !== `application/x-${service}-request`)
    return { ok: false, status: 415, reason: `not a ${service} request` };
  return { ok: true, repository, service, pushes: service === "git-receive-pack" };
}

function isService(text: string | undefined): text is GitRequest["service"] {
  return text === "info/refs" || text === "git-upload-pack" || text === "git-receive-pack";
}
