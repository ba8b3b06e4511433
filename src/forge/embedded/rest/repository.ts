import { isBranchName, isObjectId } from "../git/ref-name.ts";
import { json, notFound, text } from "./answers.ts";
import { isoTime, repositoryAddress, type Handler, type HandlerContext } from "./handler.ts";
import { pageOf } from "./page.ts";
import type { Json } from "../../../base/index.ts";
import type { TreeEntry } from "../git/git-objects.ts";

export const getRepository: Handler = async (context) => {
  const { repository, objects, address } = context;
  const [workspace = "", slug = ""] = repository.name.split("/");
  return json({
    type: "repository",
    uuid: repository.uuid,
    name: slug,
    slug,
    full_name: repository.name,
    is_private: true,
    scm: "git",
    created_on: isoTime(repository.created_on),
    mainbranch: { type: "branch", name: await objects.defaultBranch() },
    workspace: { type: "workspace", slug: workspace },
    links: {
      self: { href: repositoryAddress(context) },
      clone: [{ name: "https", href: `${address.replace(/\/2\.0$/u, "")}/git/${repository.name}` }],
    },
  });
};

export const listBranches: Handler = async (context) => {
  const branches = await context.objects.refs("refs/heads");
  return pageOf(
    context.call,
    context.address,
    [...branches].map(([ref, id]) => presentBranch(context, ref.slice("refs/heads/".length), id)),
  );
};

export const getBranch: Handler = async (context) => {
  const name = context.call.path["name"] ?? "";
  const id = isBranchName(name)
    ? (await context.objects.refs(`refs/heads/${name}`)).get(`refs/heads/${name}`)
    : undefined;
  if (id === undefined) throw notFound(`Branch ${name}`);
  return json(presentBranch(context, name, id));
};

function presentBranch(context: HandlerContext, name: string, id: string): Json {
  const address = repositoryAddress(context);
  return {
    type: "branch",
    name,
    target: { type: "commit", hash: id, links: { self: { href: `${address}/commit/${id}` } } },
    links: { self: { href: `${address}/refs/branches/${name}` } },
  };
}

/** The bytes of a file, or the entries of a folder. A link's own text is given, never what it leads to. */
export const getSource: Handler = async (context) => {
  const { objects, call } = context;
  const revision = call.path["commit"] ?? "";
  const commit = await objects.resolve(revision);
  if (commit === null) throw notFound(`Commit ${revision}`);
  const path = call.path["path"] ?? "";
  const found = await objects.entry(commit, path);
  if (found?.type === "blob") return text(await objects.readBlob(found.id), "application/octet-stream");
  if (found?.type !== "tree") throw notFound(`${path} at ${commit.slice(0, 12)}`);
  const entries = await objects.folder(commit, found.path);
  return pageOf(
    call,
    context.address,
    entries.map((entry) => presentEntry(context, commit, entry)),
  );
};

function presentEntry(context: HandlerContext, commit: string, { type, path, size, mode }: TreeEntry): Json {
  return {
    type: type === "tree" ? "commit_directory" : "commit_file",
    path,
    commit: { type: "commit", hash: commit },
    ...(type === "blob"
      ? { size, attributes: mode === "120000" ? ["link"] : mode === "100755" ? ["executable"] : [] }
      : {}),
    links: { self: { href: `${repositoryAddress(context)}/src/${commit}/${path}` } },
  };
}

/** The commit that the path names, by id, branch or tag. */
export async function requireCommit({ objects, call }: HandlerContext, parameter = "commit"): Promise<string> {
  const revision = call.path[parameter] ?? "";
  const commit = await objects.resolve(revision);
  if (commit === null || !isObjectId(commit)) throw notFound(`Commit ${revision}`);
  return commit;
}
