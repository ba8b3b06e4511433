import { isBranchName } from "../git/ref-name.ts";
import type { ForgeAnswer } from "../../forge.ts";
import { json, notFound, RequestFault, text } from "./answers.ts";
import { isoTime, repositoryAddress, type Handler, type HandlerContext } from "./handler.ts";
import { pageAnswer, pageOf, readPage } from "./page.ts";
import type { Json } from "../../../base/index.ts";

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
  const id = isBranchName(name) ? await context.objects.tip(`refs/heads/${name}`) : null;
  if (id === null) throw notFound(`Branch ${name}`);
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

/** A larger file is for `git fetch`. */
const LARGEST_FILE = 10 * 1024 * 1024;

/** The bytes of a file, or the entries of a folder. A link's own text is given, never what it leads to. */
export const getSource: Handler = async (context) => {
  const { objects, call } = context;
  const commit = await requireCommit(context);
  const path = call.path["path"] ?? "";
  const found = await objects.entry(commit, path);
  if (found === null || found.mode === SUBMODULE) throw notFound(`${path} at ${commit.slice(0, 12)}`);
  if (found.mode === FOLDER) return folderAnswer(context, commit, path.replace(/\/$/u, ""));
  if (((await objects.sizeOf(found.id)) ?? 0) > LARGEST_FILE) {
    throw new RequestFault(413, `${path} is larger than ${LARGEST_FILE} bytes; fetch the branch`);
  }
  return text(await objects.readBlob(found.id), "application/octet-stream");
};

const FOLDER = "40000";
const SUBMODULE = "160000";
const ATTRIBUTES: Readonly<Record<string, readonly string[]>> = { "120000": ["link"], "100755": ["executable"] };

async function folderAnswer(context: HandlerContext, commit: string, folder: string): Promise<ForgeAnswer> {
  const { objects, call, address } = context;
  const page = readPage(call);
  const entries = (await objects.folder(commit, folder)) ?? [];
  const shown = entries.slice(page.offset, page.offset + page.pagelen);
  const values = await Promise.all(
    shown.map(async ({ mode, id, name }) => {
      const path = `${folder}/${name}`;
      const isFile = mode !== FOLDER && mode !== SUBMODULE;
      return {
        type: mode === FOLDER ? "commit_directory" : "commit_file",
        path,
        commit: { type: "commit", hash: commit },
        ...(isFile ? { size: await objects.sizeOf(id), attributes: ATTRIBUTES[mode] ?? [] } : {}),
        links: { self: { href: `${repositoryAddress(context)}/src/${commit}/${path}` } },
      };
    }),
  );
  return pageAnswer(call, address, page, values, entries.length);
}

/** The commit that the path names, by id, branch or tag. */
export async function requireCommit({ objects, call }: HandlerContext, parameter = "commit"): Promise<string> {
  const revision = call.path[parameter] ?? "";
  const commit = await objects.resolve(revision);
  if (commit === null) throw notFound(`Commit ${revision}`);
  return commit;
}
