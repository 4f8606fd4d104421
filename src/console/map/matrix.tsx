import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import { Name, nameText } from "../text/name.tsx";
import type { Edge, Graph, GraphNode, How } from "./graph.ts";
import type { Layout } from "./layout.ts";
import { edgeText } from "./marks.ts";
import { type Span, scrollFor, visibleSpan } from "./windowing.ts";

const CELL = 26;
const HEAD = 150;
const SIGNS: Readonly<Record<How, string>> = { static: "●", declared: "■", observed: "◐", prefix: "✱" };

interface Cell {
	readonly row: number;
	readonly column: number;
}

interface MatrixProps {
	readonly graph: Graph;
	readonly layout: Layout;
	readonly lit: ReadonlySet<string> | undefined;
	readonly selected: GraphNode | undefined;
	readonly onSelect: (node: GraphNode | undefined) => void;
}

/** The edges of each row, by column. Rows and columns are in the order of the map. */
function tableOf(graph: Graph, { functionOrder, secretOrder }: Layout): ReadonlyMap<number, Edge>[] {
	const rowOf = new Map(functionOrder.map((index, row) => [index, row]));
	const columnOf = new Map(secretOrder.map((index, column) => [index, column]));
	const table = functionOrder.map(() => new Map<number, Edge>());
	for (const edge of graph.edges)
		table[rowOf.get(edge.function) ?? 0]?.set(columnOf.get(edge.secret) ?? 0, edge);
	return table;
}

interface Seen {
	readonly rows: Span;
	readonly columns: Span;
}

/** What part of the table is seen. */
function useSeen(rowCount: number, columnCount: number) {
	const box = useRef<HTMLDivElement>(null);
	const [scroll, setScroll] = useState({ left: 0, top: 0, width: 800, height: 600 });
	const measure = () => {
		const element = box.current;
		if (element === null) return;
		const { scrollLeft: left, scrollTop: top, clientWidth: width, clientHeight: height } = element;
		setScroll({ left, top, width, height });
	};
	useEffect(() => {
		if (box.current === null) return;
		const observer = new ResizeObserver(measure);
		observer.observe(box.current);
		return () => observer.disconnect();
	}, []);
	const seen: Seen = {
		rows: visibleSpan(scroll.top, scroll.height, CELL, rowCount),
		columns: visibleSpan(scroll.left, scroll.width, CELL, columnCount),
	};
	return { box, measure, seen };
}

const range = ({ first, end }: Span): number[] =>
	Array.from({ length: end - first }, (_, offset) => first + offset);

/** Where a key leads in the table; undefined for other keys. */
function moveTo(
	{ row, column }: Cell,
	{ key, ctrlKey }: KeyboardEvent,
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

/** Functions × secrets. Only what is seen is in the document; the keys move a cursor. */
export function Matrix({ graph, layout, lit, selected, onSelect }: MatrixProps) {
	const { functionOrder, secretOrder } = layout;
	const table = useMemo(() => tableOf(graph, layout), [graph, layout]);
	const { box, measure, seen } = useSeen(functionOrder.length, secretOrder.length);
	const [cursor, setCursor] = useState<Cell>({ row: 0, column: 0 });
	useEffect(() => {
		const nodes = selected?.kind === "function" ? graph.functions : graph.secrets;
		const order = selected?.kind === "function" ? functionOrder : secretOrder;
		const at = order.indexOf(nodes.findIndex(({ id }) => id === selected?.id));
		if (at >= 0) goTo(selected?.kind === "function" ? { ...cursor, row: at } : { ...cursor, column: at });
	}, [selected?.id]);
	const goTo = (cell: Cell) => {
		setCursor(cell);
		const element = box.current;
		if (element === null) return;
		const [width, height] = [element.clientWidth - headWidth(element), element.clientHeight - HEAD];
		element.scrollLeft = scrollFor(cell.column, element.scrollLeft, width, CELL);
		element.scrollTop = scrollFor(cell.row, element.scrollTop, height, CELL);
	};
	const onKeyDown = (event: KeyboardEvent) => {
		if (event.key === "Enter") return onSelect(graph.functions[functionOrder[cursor.row] ?? -1]);
		const to = moveTo(cursor, event, functionOrder.length, secretOrder.length);
		if (to === undefined) return;
		event.preventDefault();
		goTo(to);
	};
	const parts = { graph, layout, lit, selected, onSelect, seen, table, cursor, goTo };
	return (
		<div
			ref={box}
			class="matrix"
			role="grid"
			aria-label="Functions and the secrets that they read"
			aria-rowcount={functionOrder.length + 1}
			aria-colcount={secretOrder.length + 1}
			aria-activedescendant={`cell-${cursor.row}-${cursor.column}`}
			tabIndex={0}
			onScroll={measure}
			onKeyDown={onKeyDown}
		>
			<HeadRow {...parts} />
			<div
				class="matrix-body"
				role="rowgroup"
				style={{
					height: `${functionOrder.length * CELL}px`,
					width: `calc(var(--matrix-head) + ${secretOrder.length * CELL}px)`,
				}}
			>
				{[...new Set([...range(seen.rows), cursor.row])].map((row) => (
					<BodyRow key={row} row={row} {...parts} />
				))}
			</div>
		</div>
	);
}

const headWidth = (element: Element): number =>
	Number.parseFloat(getComputedStyle(element).getPropertyValue("--matrix-head")) || 180;

interface PartProps extends MatrixProps {
	readonly seen: Seen;
	readonly table: readonly ReadonlyMap<number, Edge>[];
	readonly cursor: Cell;
	readonly goTo: (cell: Cell) => void;
}

const faint = (lit: ReadonlySet<string> | undefined, id: string): string =>
	lit === undefined || lit.has(id) ? "" : "faint";

function HeadRow({ graph, layout, lit, selected, onSelect, seen }: PartProps) {
	return (
		<div class="matrix-head" role="rowgroup" style={{ height: `${HEAD}px` }}>
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

function BodyRow({
	row,
	graph,
	layout,
	lit,
	selected,
	onSelect,
	seen,
	table,
	cursor,
	goTo,
}: PartProps & { readonly row: number }) {
	const node = graph.functions[layout.functionOrder[row] ?? -1];
	if (node === undefined) return null;
	const edges = table[row];
	const isShown = (column: number) => edges?.has(column) || (cursor.row === row && cursor.column === column);
	const columns = [
		...new Set([...range(seen.columns), ...(cursor.row === row ? [cursor.column] : [])]),
	].filter(isShown);
	return (
		<div
			role="row"
			aria-rowindex={row + 2}
			class={`matrix-row ${faint(lit, node.id)} ${node.isDynamic ? "dynamic" : ""} ${node.id === selected?.id ? "chosen" : ""}`}
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
			{columns.map((column) => (
				<MatrixCell
					key={column}
					at={{ row, column }}
					edge={edges?.get(column)}
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
