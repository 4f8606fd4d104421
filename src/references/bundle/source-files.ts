/** Finds the source file of a node of a bundle. */
import type { Positions } from "./positions.ts";
import type { Node } from "./syntax.ts";

/** Sources from npm, JSR, the web or the platform, as the map or the displayed path spells them. */
const DEPENDENCY =
	/(?:^|\/)node_modules\/|^(?:npm|jsr|https?|coffer):|(?:^|\/)(?:npm|remote)\/(?:registry\.|https?\/)/;
/** A package of npm or JSR, in a path of the map or as it is displayed; a folder of the web with a version. */
const UNIT =
	/^.*(?:^|\/)node_modules\/(?:@[^/]+\/)?[^/]+|^(?:npm|jsr):\/?(?:@[^/]+\/)?[^/]+|^https?:\/\/[^/]+\/(?:[^/]+\/)*?@?[^/@]+@[^/]+/;

/** The path of code without a source. The scheme keeps it apart from the upload's own files. */
const MADE = "coffer:bundle.js";

/** What is followed as a whole: a package, or else a single module. */
function unitOf(path: string): string {
	return UNIT.exec(path)?.[0] ?? path;
}

/** Looks up files and lines. The path of each source is computed once. */
export class SourceFiles {
	readonly #positions: Positions;
	readonly #path: (source: string) => string;
	readonly #followed: ReadonlySet<string>;
	readonly #paths = new Map<string, { path: string; dependency: boolean }>();

	/**
	 * @param path converts an entry of the map's `sources` to the displayed path
	 * @param followed the units of dependencies (`unitOf`) that are analysed like the upload's own code
	 */
	constructor(
		positions: Positions,
		path: (source: string) => string,
		followed: ReadonlySet<string> = new Set(),
	) {
		this.#positions = positions;
		this.#path = path;
		this.#followed = followed;
	}

	/** The same files, where further dependencies count as the upload's own code. */
	following(units: ReadonlySet<string>): SourceFiles {
		return new SourceFiles(this.#positions, this.#path, units);
	}

	/** The package or module of the web to which a node belongs; undefined for the upload's own code. */
	unitOf(node: Node): string | undefined {
		const { path, dependency } = this.#known(this.#positions.sourceAt(node.start));
		return dependency && path !== MADE ? unitOf(path) : undefined;
	}

	/** The file, the 1-based line, and whether the file belongs to a dependency. */
	at(node: Node): { file: string; line: number; dependency: boolean } {
		const { source, line } = this.#positions.at(node.start);
		const { path, dependency } = this.#known(source);
		return { file: path, line, dependency };
	}

	/** Whether a node comes from a dependency. This costs less than its position. */
	isDependency(node: Node): boolean {
		return this.#known(this.#positions.sourceAt(node.start)).dependency;
	}

	/** Whether a node comes from a dependency, and was not made by the bundler. */
	isForeign(node: Node): boolean {
		const source = this.#positions.sourceAt(node.start);
		return source !== "" && this.#known(source).dependency;
	}

	#known(source: string): { path: string; dependency: boolean } {
		let known = this.#paths.get(source);
		if (known === undefined) {
			// Code that the map does not mention was made by the bundler, or is of a package whose own map leaves it out.
			const made = source === "" && this.#positions.mapped;
			const path = made ? MADE : source === "" ? "bundle.js" : this.#path(source);
			const isFollowed = this.#followed.size > 0 && this.#followed.has(unitOf(path));
			const dependency = made || ((DEPENDENCY.test(source) || DEPENDENCY.test(path)) && !isFollowed);
			known = { path, dependency };
			this.#paths.set(source, known);
		}
		return known;
	}
}
