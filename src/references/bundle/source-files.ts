import type { Positions } from "./positions.ts";
import type { Node } from "./syntax.ts";

/** Sources from npm, JSR, the web or the platform itself, by the map's own spelling or by the path shown. */
const DEPENDENCY =
	/(?:^|\/)node_modules\/|^(?:npm|jsr|https?|coffer):|(?:^|\/)(?:npm|remote)\/(?:registry\.|https?\/)/;
/** Works out files and lines, once per place. */
export class SourceFiles {
	readonly #positions: Positions;
	readonly #path: (source: string) => string;
	readonly #paths = new Map<string, { path: string; dependency: boolean }>();

	constructor(positions: Positions, path: (source: string) => string) {
		this.#positions = positions;
		this.#path = path;
	}

	at(node: Node): { file: string; line: number; dependency: boolean } {
		const { source, line } = this.#positions.at(node.start);
		const { path, dependency } = this.#known(source);
		return { file: path, line, dependency };
	}

	/** Whether a node comes from a dependency. Cheaper than its position. */
	isDependency(node: Node): boolean {
		return this.#known(this.#positions.sourceAt(node.start)).dependency;
	}

	#known(source: string): { path: string; dependency: boolean } {
		let known = this.#paths.get(source);
		if (known === undefined) {
			const path = source === "" ? "bundle.js" : this.#path(source);
			// What the map does not know, the bundler has made.
			const made = source === "" && this.#positions.mapped;
			known = { path, dependency: made || DEPENDENCY.test(source) || DEPENDENCY.test(path) };
			this.#paths.set(source, known);
		}
		return known;
	}
}
