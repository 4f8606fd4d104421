/** A part of a program: some statements, which the programs of several bundles may have. */
import { visitorKeys } from "oxc-parser";
import type { ScopePart } from "./scope-part.ts";
import type { Node } from "./syntax.ts";

/** A `//` comment at the start of a line. The bundler names modules in such comments. */
export interface LineComment {
	/** Where the comment begins, in UTF-16 code units from the start of the part. */
	readonly start: number;
	/** The text after the slashes. */
	readonly value: string;
}

/** Statements at the top level of a program, which follow one another. */
export interface ProgramPart {
	/** Where the part begins in the bundle, in UTF-16 code units. */
	start: number;
	readonly statements: readonly Node[];
	readonly comments: readonly LineComment[];
	/** All nodes of the part; undefined until the part is moved. */
	nodes: readonly Node[] | undefined;
	/** The declarations of the part; undefined until they are collected. */
	scopes: ScopePart | undefined;
}

/** A part that was parsed just now. */
export function partAt(
	start: number,
	statements: readonly Node[],
	comments: readonly LineComment[] = [],
): ProgramPart {
	return { start, statements, comments, nodes: undefined, scopes: undefined };
}

/** Sets the positions of a part's nodes for a part that begins at `start`. */
export function moveTo(part: ProgramPart, start: number) {
	if (part.start === start) return;
	part.nodes ??= treeNodes(part.statements);
	shiftNodes(part.nodes, start - part.start);
	part.start = start;
}

/** Every node of some trees, names and literals included. */
function treeNodes(roots: readonly Node[]): readonly Node[] {
	const nodes = [...roots];
	// Iterating a list also visits elements that are added during the iteration.
	for (const node of nodes) {
		for (const key of visitorKeys[node.type] ?? []) {
			const child = node[key] as Node | (Node | null)[] | null | undefined;
			if (Array.isArray(child)) {
				for (const inner of child) if (inner !== null) nodes.push(inner);
			} else if (child !== null && child !== undefined) nodes.push(child);
		}
	}
	return nodes;
}

/** Adds a number of code units to the positions of nodes. */
function shiftNodes(nodes: readonly Node[], by: number) {
	for (const node of nodes) {
		node.start += by;
		node.end += by;
	}
}
