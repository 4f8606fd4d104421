/** Each idiom in the smallest program that has it. */
import type { Tree } from "./generate.ts";
import type { Grammar, Idiom } from "./grammar.ts";

/** The first idiom of a kind without holes whose name a reader can tell. */
function leafOf(grammar: Grammar, kind: string): Tree {
	const idiom = (grammar.get(kind) ?? []).find(({ holes, isUnknown }) => holes.length === 0 && !isUnknown);
	// Each kind has such an idiom, except the kinds at the top of a program.
	return { idiom: idiom ?? firstWithHole(grammar, kind), children: idiom ? [] : [plainRead(grammar)] };
}

function firstWithHole(grammar: Grammar, hole: string): Idiom {
	for (const idioms of grammar.values())
		for (const idiom of idioms) if (idiom.holes.some(({ kind }) => kind === hole)) return idiom;
	throw new RangeError(`No idiom has a hole for the kind '${hole}'.`);
}

/** `Deno.env.get("K_1")` */
function plainRead(grammar: Grammar): Tree {
	const idiom = (grammar.get("action") ?? []).find(({ label }) => label === "a plain read") as Idiom;
	return { idiom, children: [leafOf(grammar, "name")] };
}

/** An idiom with the simplest idiom in each hole, apart from one that is given. */
function filled(grammar: Grammar, idiom: Idiom, inner?: Tree): Tree {
	const at = inner === undefined ? -1 : idiom.holes.findIndex(({ kind }) => kind === inner.idiom.kind);
	const children = idiom.holes.map(({ kind }, index) => {
		if (index === at && inner !== undefined) return inner;
		return kind === "action" ? plainRead(grammar) : leafOf(grammar, kind);
	});
	return { idiom, children };
}

/** The idiom that uses a value of a kind in the simplest way: the first one of the kinds that are nearest to programs. */
function userOf(grammar: Grammar, used: string): Idiom {
	for (const kind of ["program", "action", "name", ...grammar.keys()]) {
		if (kind === used) continue;
		const found = (grammar.get(kind) ?? []).find(
			({ holes, label }) => label !== "a read" && holes.some((hole) => hole.kind === used),
		);
		if (found !== undefined) return found;
	}
	throw new RangeError(`No idiom uses the kind '${used}'.`);
}

/** The smallest program with an idiom. */
export function programWith(grammar: Grammar, idiom: Idiom): Tree {
	let tree = filled(grammar, idiom);
	while (tree.idiom.kind !== "program") tree = filled(grammar, userOf(grammar, tree.idiom.kind), tree);
	return tree;
}
