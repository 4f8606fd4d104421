import { Name, nameText } from "../../text/name.tsx";
import type { Edge, Graph, GraphNode, How } from "../graph.ts";
import type { Layout } from "../layout.ts";
import { edgeText } from "../marks.ts";
import { type Cell, range } from "./table.ts";
import type { Span } from "./windowing.ts";

/** The size of a cell, and the height of the row of names. The style sheet has the same. */
export const CELL = 26;
export const HEAD = 150;
const SIGNS: Readonly<Record<How, string>> = { static: "●", declared: "■", observed: "◐", prefix: "✱" };

export interface MatrixProps {
	readonly graph: Graph;
	readonly layout: Layout;
	readonly lit: ReadonlySet<string> | undefined;
	readonly selected: GraphNode | undefined;
	readonly onSelect: (node: GraphNode | undefined) => void;
}

/** What part of the table is seen. */
export interface Seen {
	readonly rows: Span;
	readonly columns: Span;
}

/** What the rows get. */
export interface PartProps extends MatrixProps {
	readonly seen: Seen;
	readonly table: readonly ReadonlyMap<number, Edge>[];
	readonly cursor: Cell;
	readonly goTo: (cell: Cell) => void;
}

const faint = (lit: ReadonlySet<string> | undefined, id: string): string =>
	lit === undefined || lit.has(id) ? "" : "faint";

/** The width of all columns. */
export const widthOf = ({ secretOrder }: Layout): string =>
	`calc(var(--matrix-head) + ${secretOrder.length * CELL}px)`;

/** The names of the secrets. */
export function HeadRow({ graph, layout, lit, selected, onSelect, seen }: PartProps) {
	return (
		<div class="matrix-head" role="rowgroup" style={{ height: `${HEAD}px`, width: widthOf(layout) }}>
			<div role="row" aria-rowindex={1} class="matrix-row">
				<span role="columnheader" class="matrix-corner" aria-colindex={1}>
					<span class="hidden">Function</span>
				</span>
				{range(seen.columns).map((column) => {
					const node = graph.secrets[layout.secretOrder[column] ?? -1];
					return (
						node !== undefined && (
							// biome-ignore lint/a11y/useKeyWithClickEvents: the grid has the keys
							<span
								key={node.id}
								role="columnheader"
								tabIndex={-1}
								aria-colindex={column + 2}
								class={`matrix-secret ${node.presence} ${faint(lit, node.id)} ${node.id === selected?.id ? "chosen" : ""}`}
								style={{ left: `calc(var(--matrix-head) + ${column * CELL}px)` }}
								title={nameText(node.name)}
								onClick={() => onSelect(node)}
							>
								<Name text={node.name} />
							</span>
						)
					);
				})}
			</div>
		</div>
	);
}

/** The columns of a row that are in the document: edges that are seen, and the cursor. */
function columnsOf(row: number, { seen, table, cursor }: PartProps): readonly number[] {
	const edges = table[row];
	const own = cursor.row === row ? [cursor.column] : [];
	const found = range(seen.columns).filter((column) => edges?.has(column) === true);
	return [...new Set([...found, ...own])];
}

/** A function and its cells. */
export function BodyRow({ row, ...parts }: PartProps & { readonly row: number }) {
	const { graph, layout, lit, selected, onSelect, table, cursor, goTo } = parts;
	const node = graph.functions[layout.functionOrder[row] ?? -1];
	if (node === undefined) return null;
	const looks = [
		faint(lit, node.id),
		node.isDynamic ? "dynamic" : "",
		node.id === selected?.id ? "chosen" : "",
	];
	return (
		<div
			role="row"
			aria-rowindex={row + 2}
			class={`matrix-row ${looks.join(" ")}`}
			style={{ transform: `translateY(${row * CELL}px)` }}
		>
			{/* biome-ignore lint/a11y/useKeyWithClickEvents: the grid has the keys */}
			<span
				role="rowheader"
				tabIndex={-1}
				aria-colindex={1}
				class="matrix-function"
				title={nameText(node.name)}
				onClick={() => onSelect(node)}
			>
				{node.isDynamic && <span class="matrix-any">any</span>}
				<Name text={node.name} />
			</span>
			{columnsOf(row, parts).map((column) => (
				<MatrixCell
					key={column}
					at={{ row, column }}
					edge={table[row]?.get(column)}
					secret={graph.secrets[layout.secretOrder[column] ?? -1]}
					node={node}
					isCursor={cursor.row === row && cursor.column === column}
					onPick={() => {
						goTo({ row, column });
						onSelect(node);
					}}
				/>
			))}
		</div>
	);
}

interface CellProps {
	readonly at: Cell;
	readonly edge: Edge | undefined;
	readonly secret: GraphNode | undefined;
	readonly node: GraphNode;
	readonly isCursor: boolean;
	readonly onPick: () => void;
}

function MatrixCell({ at, edge, secret, node, isCursor, onPick }: CellProps) {
	const names = `${nameText(node.name)} and ${nameText(secret?.name ?? "")}`;
	const text = edge === undefined ? `${names}: no reference` : `${names}: ${edgeText(edge)}`;
	return (
		// biome-ignore lint/a11y/useKeyWithClickEvents: the grid has the keys
		<span
			id={`cell-${at.row}-${at.column}`}
			role="gridcell"
			tabIndex={-1}
			aria-colindex={at.column + 2}
			aria-label={text}
			title={text}
			class={`matrix-cell ${edge?.how ?? ""} ${isCursor ? "cursor" : ""}`}
			style={{ left: `calc(var(--matrix-head) + ${at.column * CELL}px)` }}
			onClick={onPick}
		>
			{edge !== undefined && SIGNS[edge.how]}
		</span>
	);
}
