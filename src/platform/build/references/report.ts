/** From what was found to what is reported: files, lines, order, nothing twice. */
import type { DynamicAccess, Reference, References } from "../../function.ts";
import type { Findings } from "./engine.ts";
import type { Positions } from "./positions.ts";
import type { Node } from "./syntax.ts";

const NAME = /^[A-Za-z0-9_]{1,128}$/;
/** Sources from npm, JSR, the web or the platform itself, by the map's own spelling or by the path shown. */
const DEPENDENCY =
	/(?:^|\/)node_modules\/|^(?:npm|jsr|https?|coffer):|(?:^|\/)(?:npm|remote)\/(?:registry\.|https?\/)/;

/** Works out files and lines, once per place. */
export class Files {
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

/** Sorted by name, file and line; what cannot be the name of a secret is left out. */
export function report(findings: Findings, files: Files): References {
	const references = new Map<string, Reference>();
	for (const [name, nodes] of findings.references) {
		if (!NAME.test(name)) continue;
		for (const node of nodes) {
			const { file, line } = files.at(node);
			references.set(`${name} ${line} ${file}`, { name, file, line, how: "static" });
		}
	}
	const dynamic = new Map<string, DynamicAccess>();
	for (const [node, why] of findings.dynamic) {
		const { file, line, dependency } = files.at(node);
		const key = `${line} ${file}`;
		if (!dependency && !dynamic.has(key)) dynamic.set(key, { file, line, why });
	}
	return {
		references: [...references.values()].sort((a, b) => order(a.name, b.name) || place(a, b)),
		dynamic: [...dynamic.values()].sort(place),
	};
}

function place(a: { file: string; line: number }, b: { file: string; line: number }): number {
	return order(a.file, b.file) || a.line - b.line;
}

function order(a: string, b: string): number {
	return a < b ? -1 : a > b ? 1 : 0;
}
