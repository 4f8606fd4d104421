/** Reads `deno.lock` files of all versions that Deno can read. Pure. */
import { fromUtf8 } from "../bytes.ts";
import { type Jsonc, objectOf, parseJsonc, parseJsoncEntries, stringsOf } from "./jsonc.ts";
import { checkConfigurationSize, configurationFault, type Manifest } from "./packages/manifests.ts";
import { registryName } from "./packages/resolve-import.ts";

/** The versions with locked packages. Version 1 has only hashes of remote modules, and does not say its version. */
const VERSIONS = ["2", "3", "4", "5"];

/** The lists of a lock file, which each version stores under other keys. */
interface LockLists {
	/** The requirements with the versions that satisfy them: `npm:chalk@5` → `5.6.2`, in older files `npm:chalk@5.6.2`. */
	readonly specifiers: readonly string[];
	/** The npm packages by id: `chalk@5.6.2`. */
	readonly npm: readonly string[];
}

const LISTS: LockLists = { specifiers: ["specifiers"], npm: ["npm"] };
const OLDER_LISTS: Readonly<Record<string, LockLists>> = {
	2: { specifiers: ["npm", "specifiers"], npm: ["npm", "packages"] },
	3: { specifiers: ["packages", "specifiers"], npm: ["packages", "npm"] },
};

/** Parses a lock file. @returns undefined if the file locks no packages; otherwise it has one of the versions */
function parseLock(bytes: Uint8Array): { version: string; lock: Manifest } | undefined {
	const lock = parseJsonc(fromUtf8(bytes) ?? "");
	if (!(lock instanceof Map) || !lock.has("version")) return undefined;
	return { version: String(lock.get("version")), lock };
}

/** The versions by requirement in a lock file: `npm:chalk@5` → `5.6.2`. Empty if the file cannot be read. */
export function lockedVersions(bytes: Uint8Array): ReadonlyMap<string, string> {
	const parsed = parseLock(bytes);
	if (parsed === undefined) return new Map();
	const { lock, version } = parsed;
	const lists = OLDER_LISTS[version] ?? LISTS;
	return new Map(
		stringsOf(valueAt(lock, lists.specifiers)).map(([requirement, locked]) => [
			version === "2" ? `npm:${requirement}` : requirement,
			lists === LISTS ? locked : locked.replace(/^.+@/, ""),
		]),
	);
}

/**
 * A lock file with only its versions and hashes. Its redirects and its URLs of archives are removed, because they could
 * direct a build to any host. Entries for names of the project's own packages are removed too, because they would add a
 * package of a registry.
 * @param isLocal whether a package of the project has this name
 * @returns undefined if the file locks nothing
 * @throws AppError `CONFIGURATION_INVALID` (exit 2) for a version that is not known, or if the file is not a JSON object
 */
export function cleanLock(
	path: string,
	bytes: Uint8Array,
	isLocal: (name: string) => boolean,
): string | undefined {
	checkConfigurationSize(path, bytes);
	checkObject(path, bytes);
	const parsed = parseLock(bytes);
	if (parsed === undefined) return undefined;
	const { lock, version } = parsed;
	if (lock.get("version") !== version || !VERSIONS.includes(version))
		throw configurationFault(
			path,
			`has the version ${JSON.stringify(lock.get("version"))}, and the versions "1" to "${VERSIONS.at(-1)}" can be read. Delete the file, or write it with another version of Deno`,
		);
	const lists = OLDER_LISTS[version] ?? LISTS;
	const npm = objectOf(valueAt(lock, lists.npm));
	const wanted = new Set([...npm.values()].flatMap((item) => wantedBy(item)));
	const isForeign = (requirement: string) =>
		!isLocal(registryName(version === "2" ? `npm:${requirement}` : requirement) ?? "");
	const isKept = (id: string) => wanted.has(nameIn(id)) || !isLocal(nameIn(id));
	const specifiers = objectOf(valueAt(lock, lists.specifiers));
	let clean: Manifest = withValue(lock, lists.specifiers, filtered(specifiers, isForeign));
	clean = withValue(clean, lists.npm, filtered(npm, isKept));
	const kept = ["version", "packages", "specifiers", "jsr", "npm", "remote"].filter((key) => lock.has(key));
	return JSON.stringify(Object.fromEntries(kept.map((key) => [key, plain(clean.get(key) ?? null)])));
}

/** A file that git left in conflict would lock nothing, and the build would take other versions than before. */
function checkObject(path: string, bytes: Uint8Array): void {
	const text = fromUtf8(bytes);
	if (text === undefined) throw configurationFault(path, "is not UTF-8");
	if (text.trim() === "") return;
	const read = parseJsoncEntries(text);
	if (!("faultLine" in read)) return;
	const remedy = "Correct it, or delete it and write it again: deno install";
	throw configurationFault(`${path}:${read.faultLine}`, `is not a JSON object. ${remedy}`);
}

function valueAt(lock: Manifest, keys: readonly string[]): Jsonc | undefined {
	let value: Jsonc | undefined = lock;
	for (const key of keys) value = objectOf(value).get(key);
	return value;
}

function withValue(object: Manifest, [key = "", ...rest]: readonly string[], value: Jsonc): Manifest {
	return new Map([
		...object,
		[key, rest.length === 0 ? value : withValue(objectOf(object.get(key)), rest, value)],
	]);
}

function filtered(object: Manifest, isKept: (key: string) => boolean): Manifest {
	return new Map([...object].filter(([key]) => isKept(key)));
}

/** The names of the packages on which a package in a lock file depends. Older versions list them by alias. */
function wantedBy(item: Jsonc): string[] {
	return ["dependencies", "optionalDependencies"].flatMap((key) => {
		const listed = objectOf(item).get(key);
		const ids = Array.isArray(listed) ? listed : [...objectOf(listed).values()];
		return ids.flatMap((id) => (typeof id === "string" ? nameIn(id) : []));
	});
}

/** The name in a package's id: `@acme/lib` for `@acme/lib@1.0.0_peer@2.0.0`. */
function nameIn(id: string): string {
	return /^@?[^@]*/.exec(id)?.[0] ?? id;
}

function plain(value: Jsonc): unknown {
	if (value instanceof Map) {
		return Object.fromEntries(
			[...value].filter(([key]) => key !== "tarball").map(([key, item]) => [key, plain(item)]),
		);
	}
	return Array.isArray(value) ? value.map(plain) : value;
}
