import type { RefObject } from "preact";
import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import {
	BodyRow,
	CELL,
	HEAD,
	HeadRow,
	type MatrixProps,
	type PartProps,
	type Seen,
	widthOf,
} from "./matrix-rows.tsx";
import { type Cell, cellOf, moveTo, range, tableOf } from "./table.ts";
import { scrollFor, visibleSpan } from "./windowing.ts";

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

/** The chosen cell. It follows what is chosen elsewhere. */
function useCursor(
	box: RefObject<HTMLDivElement | null>,
	{ graph, layout, selected, table }: Pick<PartProps, "graph" | "layout" | "selected" | "table">,
) {
	const [cursor, setCursor] = useState<Cell>({ row: 0, column: 0 });
	useEffect(() => {
		const cell = selected && cellOf(selected, graph, layout, table);
		if (cell !== undefined) goTo(cell);
	}, [selected?.id]);
	const goTo = (cell: Cell) => {
		setCursor(cell);
		const element = box.current;
		if (element === null) return;
		const [width, height] = [element.clientWidth - headWidth(element), element.clientHeight - HEAD];
		element.scrollLeft = scrollFor(cell.column, element.scrollLeft, width, CELL);
		element.scrollTop = scrollFor(cell.row, element.scrollTop, height, CELL);
	};
	return { cursor, goTo };
}

/** Functions × secrets. Only what is seen is in the document; the keys move a cursor. */
export function Matrix({ graph, layout, lit, selected, onSelect }: MatrixProps) {
	const { functionOrder, secretOrder } = layout;
	const table = useMemo(() => tableOf(graph, layout), [graph, layout]);
	const { box, measure, seen } = useSeen(functionOrder.length, secretOrder.length);
	const { cursor, goTo } = useCursor(box, { graph, layout, selected, table });
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
					width: widthOf(layout),
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
