/**
 * Finds the packages whose code is in the project, for one entry module and the modules that it reaches. Pure.
 *
 * The names of workspace members, and the names that a package.json maps to a folder, belong to the project. They are
 * never requested from a registry, where anybody can publish a package with such a name.
 */
import { objectOf, stringsOf } from "../jsonc.ts";
import { ancestorsOf, join } from "../paths.ts";
import {
	type Catalogs,
	dependenciesOf,
	dependencySource,
	localOverrides,
	peersOf,
	type Source,
} from "./dependencies.ts";
import type { Manifest, Manifests } from "./manifests.ts";
import { type LocalPackage, membersAt, namesOf, packageAt } from "./members.ts";

/** The parsed configuration files of one folder. */
interface FolderManifests {
	readonly manifest: Manifest | undefined;
	readonly members: readonly LocalPackage[];
	readonly dependencies: ReadonlyMap<string, string>;
	readonly peers: ReadonlyMap<string, string>;
	readonly overrides: ReadonlyMap<string, string>;
	/** Versions by catalog and name. */
	readonly catalogs: Manifest;
}

export class LocalPackages {
	readonly #manifests: Manifests;
	readonly #outside: ReadonlyMap<string, string>;
	readonly #entry: string;
	readonly #folders = new Map<string, FolderManifests>();

	/**
	 * @param entry the entry module; the configuration above it applies to all modules that it reaches
	 * @param outsideMember paths of the workspace members outside the project, by name
	 */
	constructor(entry: string, manifests: Manifests, outsideMember: ReadonlyMap<string, string> = new Map()) {
		this.#entry = entry;
		this.#manifests = manifests;
		this.#outside = outsideMember;
	}

	/** The path of a workspace member outside the project; undefined for any other name. */
	outside(name: string): string | undefined {
		return this.#outside.get(name);
	}

	/** Whether a module that imports this name gets local code. */
	isLocal(name: string, referrer: string): boolean {
		if (this.outside(name) !== undefined || this.membersNamed(name, referrer).length > 0) return true;
		const source = this.declaredSource(name, referrer) ?? this.peerSource(name, referrer);
		return source !== undefined && source.kind !== "registry";
	}

	/** The members with this name, in the workspaces that contain a module or the entry. */
	membersNamed(name: string, referrer: string): LocalPackage[] {
		const found = new Map<string, LocalPackage>();
		for (const folder of this.#above(referrer))
			for (const member of this.#at(folder).members)
				if (namesOf(member).includes(name)) found.set(member.folder, member);
		return [...found.values()];
	}

	/** Whether a folder is the folder of a member. */
	isMember(folder: string, referrer: string): boolean {
		return this.#above(referrer).some((above) =>
			this.#at(above).members.some((one) => one.folder === folder),
		);
	}

	/** All names that were found to be local so far, sorted. */
	localNames(): string[] {
		const names = new Set(this.#outside.keys());
		for (const [folder, { dependencies, members, overrides }] of this.#folders) {
			for (const member of members) for (const name of namesOf(member)) names.add(name);
			for (const name of overrides.keys()) names.add(name);
			for (const [name, text] of dependencies)
				if (["folder", "member"].includes(dependencySource(name, text, folder, this.#catalogs(folder)).kind))
					names.add(name);
		}
		return [...names].sort();
	}

	/** The source of a name, by the nearest package.json that declares it or an override; undefined if none does. */
	declaredSource(name: string, referrer: string): Source | undefined {
		const folders = this.#above(referrer);
		for (const folder of folders) {
			const text = this.#at(folder).overrides.get(name);
			if (text !== undefined) return dependencySource(name, text, folder, this.#catalogs(folder));
		}
		return this.#declaredBy(name, folders, "dependencies");
	}

	/** The source of a name by the nearest `peerDependencies`. */
	peerSource(name: string, referrer: string): Source | undefined {
		return this.#declaredBy(name, this.#above(referrer), "peers");
	}

	/** The source of a name by the dependencies in the package.json of exactly this folder. */
	declaredIn(folder: string, name: string): Source | undefined {
		return this.#declaredBy(name, [folder], "dependencies");
	}

	/** The package in a folder; undefined if the folder has no manifest. */
	packageAt(folder: string): LocalPackage | undefined {
		return packageAt(folder, this.#manifests);
	}

	/** The innermost local package that contains a module, unless it contains the entry too. */
	enclosingPackage(referrer: string): LocalPackage | undefined {
		const ofEntry = new Set(ancestorsOf(this.#entry));
		for (const folder of ancestorsOf(referrer).reverse()) {
			if (ofEntry.has(folder)) return undefined;
			const found = this.packageAt(folder);
			if (found !== undefined) return found;
		}
		return undefined;
	}

	/** The package.json nearest to a module. */
	nearestManifest(referrer: string): { folder: string; manifest: Manifest } | undefined {
		for (const folder of ancestorsOf(referrer).reverse()) {
			const { manifest } = this.#at(folder);
			if (manifest !== undefined) return { folder, manifest };
		}
		return undefined;
	}

	/** Whether the file exists. */
	has(path: string): boolean {
		return this.#manifests.has(path);
	}

	#declaredBy(name: string, folders: readonly string[], field: "dependencies" | "peers"): Source | undefined {
		for (const folder of folders) {
			const text = this.#at(folder)[field].get(name);
			if (text !== undefined) return dependencySource(name, text, folder, this.#catalogs(folder));
		}
		return undefined;
	}

	/** The folders that contain a module, then those that contain the entry; the innermost first. */
	#above(referrer: string): string[] {
		return [...new Set([...ancestorsOf(referrer).reverse(), ...ancestorsOf(this.#entry).reverse()])];
	}

	#catalogs(folder: string): Catalogs {
		const folders = ancestorsOf(join(folder, "package.json")).reverse();
		return (catalog, name) => {
			for (const above of folders) {
				const version = objectOf(this.#at(above).catalogs.get(catalog)).get(name);
				if (typeof version === "string") return version;
			}
			return undefined;
		};
	}

	#at(folder: string): FolderManifests {
		const known = this.#folders.get(folder);
		if (known !== undefined) return known;
		const manifest = this.#manifests.json(join(folder, "package.json"));
		const pnpm = this.#manifests.yaml(join(folder, "pnpm-workspace.yaml"));
		const says = {
			manifest,
			members: membersAt(folder, this.#manifests),
			dependencies: dependenciesOf(manifest),
			peers: peersOf(manifest),
			overrides: localOverrides(manifest, pnpm),
			catalogs: catalogsOf(manifest, pnpm),
		};
		this.#folders.set(folder, says);
		return says;
	}
}

/** The catalogs of pnpm, and those of Bun, which are in a package.json or in its `workspaces`. */
function catalogsOf(manifest: Manifest | undefined, pnpm: Manifest | undefined): Manifest {
	const holders = [manifest, objectOf(manifest?.get("workspaces")), pnpm];
	const catalogs = new Map(holders.flatMap((holder) => [...objectOf(holder?.get("catalogs"))]));
	const plain = new Map(holders.flatMap((holder) => stringsOf(holder?.get("catalog"))));
	if (plain.size > 0) catalogs.set("default", plain);
	return catalogs;
}
