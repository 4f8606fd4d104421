/** From what was found to what is reported: files, lines, order, nothing twice. */

import type { Files } from "./bundle/source-files.ts";
import type { Node } from "./bundle/syntax.ts";
import type { Findings } from "./engine/findings.ts";
import type { DynamicAccess, Reference, References } from "./evidence/reference.ts";

/** A secret's name, or what it begins with and a star. */
const NAME = /^[A-Za-z0-9_]{1,128}\*?$/;

/** Places of one name, and of all that no name can be told of: evidence for a reader, who needs no more of it. */
const PLACES_MAX = 50;
/** References of one function. With more names than that it gets every secret. */
const REFERENCES_MAX = 10_000;

/** The first places of one name. */
function placesOf(name: string, nodes: Iterable<Node>, files: Files, placesMax: number): Reference[] {
	const places = new Map<string, Reference>();
	for (const node of nodes) {
		const { file, line } = files.at(node);
		places.set(`${line} ${file}`, { name, file, line, how: "static" });
	}
	return [...places.values()].sort(place).slice(0, placesMax);
}

/** Sorted by name, file and line; what cannot be the name of a secret is left out. */
export function report(findings: Findings, files: Files): References {
	const named = [...findings.references].filter(([name]) => NAME.test(name)).sort(([a], [b]) => order(a, b));
	const told = named.slice(0, REFERENCES_MAX);
	const placesMax = Math.min(PLACES_MAX, Math.floor(REFERENCES_MAX / Math.max(1, told.length)));
	const references = told.flatMap(([name, nodes]) => placesOf(name, nodes, files, placesMax));
	const dynamic = new Map<string, DynamicAccess>();
	for (const [node, why] of findings.dynamic) {
		const { file, line, dependency } = files.at(node);
		const key = `${line} ${file}`;
		if (!dependency && !dynamic.has(key)) dynamic.set(key, { file, line, why });
	}
	const [last] = named.length > told.length ? references.slice(-1) : [];
	if (last)
		dynamic.set("", { file: last.file, line: last.line, why: "more names than there can be secrets" });
	return { references, dynamic: [...dynamic.values()].sort(place).slice(0, PLACES_MAX) };
}

function place(a: { file: string; line: number }, b: { file: string; line: number }): number {
	return order(a.file, b.file) || a.line - b.line;
}

function order(a: string, b: string): number {
	return a < b ? -1 : a > b ? 1 : 0;
}
