/**
 * Inserts fault points into code, at which it can throw: at the beginning of every function, and before and
 * after every `await`.
 */
import { readFile } from "node:fs/promises";
import { relative } from "node:path";
import type { Plugin } from "esbuild";
import { parseSync } from "oxc-parser";
import { ROOT } from "../../../../support/root.ts";

/** A fault point. */
export interface Site {
	readonly id: number;
	/** From the repository's root. */
	readonly file: string;
	/** 1-based. */
	readonly line: number;
	readonly kind: "function" | "before await" | "after await";
}

/** Text that goes into a source, at an offset in UTF-16 units. */
interface Insertion {
	readonly at: number;
	readonly text: string;
}

interface Node {
	readonly type: string;
	readonly start: number;
	readonly end: number;
	readonly [field: string]: unknown;
}

function isNode(value: unknown): value is Node {
	return typeof value === "object" && value !== null && "type" in value && typeof value.type === "string";
}

function visit(node: Node, use: (node: Node) => void): void {
	use(node);
	for (const value of Object.values(node)) {
		for (const child of Array.isArray(value) ? value : [value]) if (isNode(child)) visit(child, use);
	}
}

const FUNCTIONS = ["FunctionDeclaration", "FunctionExpression", "ArrowFunctionExpression"];

class Instrumenter {
	readonly #source: string;
	readonly #place: (kind: Site["kind"], offset: number) => number;
	readonly #insertions: Insertion[] = [];

	constructor(source: string, place: (kind: Site["kind"], offset: number) => number) {
		this.#source = source;
		this.#place = place;
	}

	run(root: Node): string {
		const passedOver = new Set<unknown>();
		visit(root, (node) => {
			// Getters only read a field, and are called very often.
			if (node.kind === "get") passedOver.add(node.value);
			if (passedOver.has(node)) return;
			if (FUNCTIONS.includes(node.type) && isNode(node.body)) this.#atFunction(node.body);
			else if (node.type === "AwaitExpression" && isNode(node.argument)) this.#atAwait(node, node.argument);
			else if (node.type === "ForOfStatement" && node.await === true && isNode(node.body))
				this.#atLoop(node, node.body);
		});
		let text = this.#source;
		// From the end, so that offsets stay valid. Of two insertions at one offset, the outer one was found
		// first and stays outside.
		const ordered = this.#insertions.map((insertion, index) => ({ ...insertion, index }));
		ordered.sort((one, other) => other.at - one.at || other.index - one.index);
		for (const { at, text: inserted } of ordered) text = text.slice(0, at) + inserted + text.slice(at);
		return text;
	}

	#insert(at: number, text: string): void {
		this.#insertions.push({ at, text });
	}

	#atFunction(body: Node): void {
		// An empty function cannot fail.
		if (Array.isArray(body.body) && body.body.length === 0) return;
		const site = `__site(${this.#place("function", body.start)})`;
		if (body.type === "BlockStatement" || body.type === "FunctionBody")
			this.#insert(body.start + 1, `${site};`);
		else {
			this.#insert(body.start, `(${site}, `);
			this.#insert(body.end, ")");
		}
	}

	/** Before each turn of `for await`. */
	#atLoop(whole: Node, body: Node): void {
		const site = `__site(${this.#place("after await", whole.start)});`;
		if (body.type === "BlockStatement") {
			this.#insert(body.start + 1, site);
			return;
		}
		this.#insert(body.start, `{ ${site} `);
		this.#insert(body.end, " }");
	}

	#atAwait(whole: Node, argument: Node): void {
		const before = this.#place("before await", whole.start);
		const after = this.#place("after await", whole.start);
		this.#insert(whole.start, `__after(${after}, `);
		this.#insert(argument.start, `(__site(${before}), `);
		this.#insert(argument.end, "))");
	}
}

/** A planted bug: a file, a text in it, and the replacement. */
export interface Replacement {
	readonly file: string;
	readonly text: string;
	readonly by: string;
}

/**
 * Instruments the files whose path from the repository's root matches.
 * @param sites gets each place
 * @param replacement a planted bug, applied first
 */
export function instrument(
	fits: (file: string) => boolean,
	sites: Site[],
	replacement?: Replacement,
): Plugin {
	const load = async (path: string) => {
		const file = relative(ROOT, path);
		let source = await readFile(path, "utf8");
		if (replacement?.file === file) {
			if (!source.includes(replacement.text))
				throw new Error(`The bug cannot be planted in ${file} any more.`);
			source = source.replace(replacement.text, replacement.by);
		}
		if (!fits(file)) return { contents: source, loader: "ts" as const };
		const place = (kind: Site["kind"], offset: number) => {
			const id = sites.length;
			sites.push({ id, file, line: source.slice(0, offset).split("\n").length, kind });
			return id;
		};
		const { errors, program } = parseSync(path, source);
		if (errors.length > 0) throw new Error(`${file} cannot be read.`);
		return {
			contents: new Instrumenter(source, place).run(program as unknown as Node),
			loader: "ts" as const,
		};
	};
	return {
		name: "instrument",
		setup: ({ onLoad }) => {
			onLoad({ filter: /\/src\/platform\/.*\.ts$/ }, ({ path }) => load(path));
		},
	};
}
