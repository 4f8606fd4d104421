/** Floods: sites that generate many names, such as a text that grows in a recursion. They are widened to prefixes. */
import type { Node } from "../bundle/syntax.ts";
import type { Findings } from "../engine/findings.ts";
import { isPrefix, prefixPattern } from "../evidence/name-pattern.ts";

/** The most names of one site that do not appear in the code, and the most prefixes that replace them. */
const MADE_UP_MAX = 32;

/** Replaces the names of each flooded site by prefixes that cover them, or makes the site dynamic. */
export function widenFloods(findings: Findings, code: string) {
	const bySite = new Map<Node, string[]>();
	for (const [name, nodes] of findings.references) {
		for (const node of nodes) {
			const names = bySite.get(node);
			if (names === undefined) bySite.set(node, [name]);
			else names.push(name);
		}
	}
	let spelled: Set<string> | undefined;
	for (const [node, names] of bySite) {
		if (names.length <= MADE_UP_MAX) continue;
		spelled ??= new Set(code.match(/\w+/g));
		const words = spelled;
		const madeUp = names.filter((name) => isPrefix(name) || !words.has(name));
		if (madeUp.length > MADE_UP_MAX) widen(findings, node, madeUp);
	}
}

function widen(findings: Findings, node: Node, names: readonly string[]) {
	for (const name of names) {
		const nodes = findings.references.get(name);
		nodes?.delete(node);
		if (nodes?.size === 0) findings.references.delete(name);
	}
	const prefixes = coveringPrefixes(names.map((name) => (isPrefix(name) ? name.slice(0, -1) : name)));
	if (prefixes.includes("")) return findings.addDynamic(node, "the name is one of very many");
	for (const prefix of prefixes) findings.addReference(prefixPattern(prefix), node);
}

/** At most 32 prefixes that cover all names, as long as possible. */
function coveringPrefixes(names: readonly string[]): string[] {
	let length = 0;
	const longest = Math.max(...names.map((name) => name.length));
	const startsOf = (end: number) => new Set(names.map((name) => name.slice(0, end)));
	while (length < longest && startsOf(length + 1).size <= MADE_UP_MAX) length++;
	const groups = new Map<string, string[]>();
	for (const name of names) {
		const start = name.slice(0, length);
		const group = groups.get(start);
		if (group === undefined) groups.set(start, [name]);
		else group.push(name);
	}
	const prefixes = [...groups.values()].map(commonStart);
	// One prefix that begins with another one adds nothing.
	return prefixes.filter((prefix) => !prefixes.some((other) => other !== prefix && prefix.startsWith(other)));
}

function commonStart(names: readonly string[]): string {
	let [start = ""] = names;
	for (const name of names) while (!name.startsWith(start)) start = start.slice(0, -1);
	return start;
}
