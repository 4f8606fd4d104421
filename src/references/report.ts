/** Converts nodes of the bundle to reported files and lines, sorted and without duplicates. */

import type { SourceFiles } from "./bundle/source-files.ts";
import type { Node } from "./bundle/syntax.ts";
import type { Findings } from "./engine/findings.ts";
import { widenFloods } from "./environment/floods.ts";
import { compareLocations, compareText } from "./evidence/order.ts";
import type { DynamicAccess, Reference, References } from "./evidence/reference.ts";

/** Matches a possible name of a secret, or a prefix pattern. */
const NAME = /^[A-Za-z0-9_]{1,128}\*?$/;

/** The most locations of one name, and the most dynamic accesses: a reader needs no more evidence. */
const LOCATIONS_MAX = 50;
/** The most references of one function. A function with more names is dynamic. */
const REFERENCES_MAX = 10_000;

/** The first locations of one name. */
function locationsOf(
	name: string,
	nodes: Iterable<Node>,
	files: SourceFiles,
	locationsMax: number,
): Reference[] {
	const locations = new Map<string, Reference>();
	for (const node of nodes) {
		const { file, line } = files.at(node);
		locations.set(`${line} ${file}`, { name, file, line, how: "static" });
	}
	return [...locations.values()].sort(compareLocations).slice(0, locationsMax);
}

/** Sorted by name, file and line. Names that no secret can have are left out. */
export function report(findings: Findings, files: SourceFiles, code: string): References {
	widenFloods(findings, code);
	const named = [...findings.references]
		.filter(([name]) => NAME.test(name))
		.sort(([a], [b]) => compareText(a, b));
	const kept = named.slice(0, REFERENCES_MAX);
	const locationsMax = Math.min(LOCATIONS_MAX, Math.floor(REFERENCES_MAX / Math.max(1, kept.length)));
	const references = kept.flatMap(([name, nodes]) => locationsOf(name, nodes, files, locationsMax));
	const dynamic = new Map<string, DynamicAccess>();
	for (const [node, why] of findings.dynamic) {
		const { file, line, dependency } = files.at(node);
		const key = `${line} ${file}`;
		if (!dependency && !dynamic.has(key)) dynamic.set(key, { file, line, why });
	}
	const [last] = named.length > kept.length ? references.slice(-1) : [];
	if (last)
		dynamic.set("", {
			file: last.file,
			line: last.line,
			why: `more than ${REFERENCES_MAX.toLocaleString("en")} names`,
		});
	return { references, dynamic: [...dynamic.values()].sort(compareLocations).slice(0, LOCATIONS_MAX) };
}
