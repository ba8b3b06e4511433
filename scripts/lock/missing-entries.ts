/** One package in `package-lock.json`, as far as it matters here. */
export type LockEntry = {
  readonly version?: string;
  readonly dev?: boolean;
  readonly optional?: boolean;
  readonly gypfile?: boolean;
  readonly os?: readonly string[];
  readonly cpu?: readonly string[];
  readonly libc?: readonly string[];
  readonly engines?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
};

export type Lock = { readonly packages: Readonly<Record<string, LockEntry>> };

/** An optional dependency without an entry: where one would stand, and the path of the package that wants it. */
export type MissingEntry = {
  readonly place: string;
  readonly name: string;
  readonly version: string;
  readonly wantedBy: string;
};

const EXACT = /^\d+\.\d+\.\d+[-+.\w]*$/;

/**
 * Optional dependencies that a lock file has no entry for. npm leaves out those that its registry does not serve, such as
 * a native binding for another platform on a partial mirror; `npm ci` then refuses the whole file.
 */
export function findMissingEntries({ packages }: Lock): readonly MissingEntry[] {
  return Object.entries(packages).flatMap(([wantedBy, { optionalDependencies = {} }]) =>
    Object.entries(optionalDependencies).flatMap(([name, version]) => {
      const places = placesOf(wantedBy, name);
      const nearest = places.find((place) => place in packages);
      const found = nearest === undefined ? undefined : packages[nearest]?.version;
      // Another version further up belongs to another package; what a range takes is npm's business.
      if (found !== undefined && (!EXACT.test(version) || found === version)) return [];
      // As npm does: at the top if that is free, else beside the package that wants it.
      const place = (found === undefined ? places.at(-1) : places[1]) ?? `node_modules/${name}`;
      return [{ place, name, version, wantedBy }];
    }),
  );
}

/** Where Node looks for `name` from the package at `path`, the nearest place first. */
function placesOf(path: string, name: string): readonly string[] {
  const places: string[] = [];
  for (let from = path; from !== ""; from = from.slice(0, Math.max(0, from.lastIndexOf("/node_modules/")))) {
    places.push(`${from}/node_modules/${name}`);
  }
  return [...places, `node_modules/${name}`];
}
