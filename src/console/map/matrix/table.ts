/** Rows, columns and the cursor of the matrix. Pure. */
import type { Edge, Graph, GraphNode } from "../graph.ts";
import type { Layout } from "../layout.ts";
import type { Span } from "./windowing.ts";

export interface Cell {
	readonly row: number;
	readonly column: number;
}

/** The edges of each row, by column. Rows and columns are in the order of the map. */
export function tableOf(graph: Graph, { functionOrder, secretOrder }: Layout): ReadonlyMap<number, Edge>[] {
	const rowOf = new Map(functionOrder.map((index, row) => [index, row]));
	const columnOf = new Map(secretOrder.map((index, column) => [index, column]));
	const table = functionOrder.map(() => new Map<number, Edge>());
	for (const edge of graph.edges)
		table[rowOf.get(edge.function) ?? 0]?.set(columnOf.get(edge.secret) ?? 0, edge);
	return table;
}

/** The first edge of a node; without edges, the first cell of its row or column. Undefined for an unknown node. */
export function cellOf(
	node: GraphNode,
	graph: Graph,
	{ functionOrder, secretOrder }: Layout,
	table: readonly ReadonlyMap<number, Edge>[],
): Cell | undefined {
	if (node.kind === "function") {
		const row = functionOrder.indexOf(graph.functions.findIndex(({ id }) => id === node.id));
		return row === -1
			? undefined
			: { row, column: Math.min(...(table[row]?.keys() ?? []), secretOrder.length - 1) };
	}
	const column = secretOrder.indexOf(graph.secrets.findIndex(({ id }) => id === node.id));
	return column === -1
		? undefined
		: {
				row: Math.max(
					0,
					table.findIndex((edges) => edges.has(column)),
				),
				column,
			};
}

/** The numbers of a span. */
export const range = ({ first, end }: Span): number[] =>
	Array.from({ length: end - first }, (_, offset) => first + offset);

/** What a keyboard event says. */
interface Key {
	readonly key: string;
	readonly ctrlKey: boolean;
}

/** Where a key leads in the table; undefined for other keys. */
export function moveTo(
	{ row, column }: Cell,
	{ key, ctrlKey }: Key,
	rows: number,
	columns: number,
): Cell | undefined {
	const moves: Readonly<Record<string, Cell>> = {
		ArrowDown: { row: row + 1, column },
		ArrowUp: { row: row - 1, column },
		ArrowRight: { row, column: column + 1 },
		ArrowLeft: { row, column: column - 1 },
		PageDown: { row: row + 10, column },
		PageUp: { row: row - 10, column },
		Home: { row: ctrlKey ? 0 : row, column: 0 },
		End: { row: ctrlKey ? rows - 1 : row, column: columns - 1 },
	};
	const to = moves[key];
	return to && { row: clamp(to.row, rows), column: clamp(to.column, columns) };
}

const clamp = (index: number, count: number): number => Math.max(0, Math.min(count - 1, index));
