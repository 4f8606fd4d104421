/**
 * Delta debugging on the trees of programs. An idiom gives way to one that it contains, to the first of its kind that
 * contains none, or to the first that has the same holes, as long as the program still shows a fault. All
 * candidate trees are judged together, because starting Deno costs far more than running a program.
 */
import { fits, maySuspendIn, type Tree } from "./generate.ts";
import type { Grammar, Hole, Idiom } from "./grammar.ts";

/** A measure of size: more idioms, and idioms that come later in the grammar, count as larger. */
function sizeOf(tree: Tree, grammar: Grammar): number {
	const rank = (grammar.get(tree.idiom.kind) ?? []).indexOf(tree.idiom);
	return 1000 + rank + tree.children.reduce((sum, child) => sum + sizeOf(child, grammar), 0);
}

function* descendantsOf(tree: Tree): Iterable<Tree> {
	for (const child of tree.children) {
		yield child;
		yield* descendantsOf(child);
	}
}

/** Whether `await` is used only where it is allowed. */
function isValid({ idiom, children }: Tree, maySuspend: boolean): boolean {
	if (!fits(idiom, idiom, maySuspend)) return false;
	return children.every((child, index) => {
		const hole = idiom.holes[index];
		return hole !== undefined && isValid(child, maySuspendIn(hole, maySuspend));
	});
}

/** Whether two idioms have the same holes. */
function isAlike({ holes }: Idiom, other: Idiom): boolean {
	const spell = (one: Hole) => `${one.body} ${one.kind}`;
	return holes.map(spell).join() === other.holes.map(spell).join();
}

/** The trees in which one idiom is replaced. */
function* replacementsIn(tree: Tree, grammar: Grammar): Iterable<Tree> {
	const { kind } = tree.idiom;
	for (const inner of descendantsOf(tree)) if (inner.idiom.kind === kind) yield inner;
	const leaf = (grammar.get(kind) ?? []).find(({ holes }) => holes.length === 0);
	if (leaf !== undefined) yield { idiom: leaf, children: [] };
	const simplest = (grammar.get(kind) ?? []).find((idiom) => isAlike(idiom, tree.idiom));
	if (simplest !== undefined) yield { idiom: simplest, children: tree.children };
	for (const [index, child] of tree.children.entries())
		for (const other of replacementsIn(child, grammar))
			yield { ...tree, children: tree.children.map((one, at) => (at === index ? other : one)) };
}

/** @returns smaller trees, the smallest first */
export function smallerThan(tree: Tree, grammar: Grammar): Tree[] {
	const limit = sizeOf(tree, grammar);
	return [...replacementsIn(tree, grammar)]
		.map((one) => ({ one, size: sizeOf(one, grammar) }))
		.filter(({ one, size }) => size < limit && isValid(one, true))
		.sort((a, b) => a.size - b.size)
		.map(({ one }) => one);
}

/**
 * @param isFaulty whether each of the trees still shows its fault
 * @returns the smallest trees that were found
 */
export async function shrinkAll(
	trees: readonly Tree[],
	grammar: Grammar,
	isFaulty: (trees: readonly Tree[]) => Promise<boolean[]>,
): Promise<Tree[]> {
	const best = [...trees];
	let open = [...trees.keys()];
	while (open.length > 0) {
		const tries = open.map((at) => smallerThan(best[at] as Tree, grammar));
		const verdicts = await isFaulty(tries.flat());
		let start = 0;
		const next: number[] = [];
		for (const [position, at] of open.entries()) {
			const list = tries[position] as Tree[];
			const found = verdicts.slice(start, start + list.length).indexOf(true);
			start += list.length;
			if (found === -1) continue;
			best[at] = list[found] as Tree;
			next.push(at);
		}
		open = next;
	}
	return best;
}
