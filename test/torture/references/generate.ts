/** Programs as trees of idioms. */
import type { Random } from "../random.ts";
import type { Grammar, Hole, Idiom } from "./grammar.ts";

/** An idiom with another one in each of its holes. */
export interface Tree {
	readonly idiom: Idiom;
	readonly children: readonly Tree[];
}

/** Most programs are small, because one dynamic access would hide all misses elsewhere in the program. */
const DEPTHS = [2, 3, 3, 4, 4, 5];

/** Whether an idiom fits into a hole. */
export function fits(idiom: Idiom, { kind }: Pick<Hole, "kind">, maySuspend: boolean): boolean {
	return idiom.kind === kind && !idiom.isOpen && (maySuspend || !idiom.waits);
}

/** Whether the code of a hole may use `await`, if the code of its idiom may. */
export function maySuspendIn({ body, inModule }: Hole, outer: boolean): boolean {
	return body === "none" ? outer && !inModule : body === "async";
}

/** Generates programs. */
export class Generator {
	readonly #grammar: Grammar;
	readonly #random: Random;

	constructor(grammar: Grammar, random: Random) {
		this.#grammar = grammar;
		this.#random = random;
	}

	program(): Tree {
		return this.#tree({ kind: "program", body: "async", inModule: false }, true, this.#random.pick(DEPTHS));
	}

	#tree(hole: Hole, maySuspend: boolean, depth: number): Tree {
		const all = (this.#grammar.get(hole.kind) ?? []).filter((idiom) => fits(idiom, hole, maySuspend));
		const leaves = all.filter(({ holes }) => holes.length === 0);
		const idiom = this.#random.pick(depth <= 0 && leaves.length > 0 ? leaves : all);
		const children = idiom.holes.map((inner) => {
			// If an idiom has many holes, only a few get large programs.
			const less = 1 + (idiom.holes.length > 2 ? this.#random.int(3) : 0);
			return this.#tree(inner, maySuspendIn(inner, maySuspend), depth - less);
		});
		return { idiom, children };
	}
}

/** All trees in a tree, itself first. */
export function* treesIn(tree: Tree): Iterable<Tree> {
	yield tree;
	for (const child of tree.children) yield* treesIn(child);
}
