import { useEffect, useRef, useState } from "preact/hooks";
import { Name } from "../text/name.tsx";
import type { GraphNode } from "./graph.ts";
import { nodeStateText, type ProgressOf } from "./marks.ts";
import { scrollFor, visibleSpan } from "./matrix/windowing.ts";

const ROW = 44;
const PAGE_STEP = 10;

interface NodeListProps {
	readonly nodes: readonly GraphNode[];
	readonly progress: ProgressOf;
	readonly selected: GraphNode | undefined;
	readonly onSelect: (node: GraphNode | undefined) => void;
}

/** Where a key leads in a list; undefined for other keys. */
function target(key: string, index: number, count: number): number | undefined {
	const steps: Readonly<Record<string, number>> = {
		ArrowDown: index + 1,
		ArrowUp: index - 1,
		PageDown: index + PAGE_STEP,
		PageUp: index - PAGE_STEP,
		Home: 0,
		End: count - 1,
	};
	const to = steps[key];
	return to === undefined || count === 0 ? undefined : Math.max(0, Math.min(count - 1, to));
}

/** The part of a scrolled list that is seen. */
function useWindow(count: number) {
	const box = useRef<HTMLDivElement>(null);
	const [scroll, setScroll] = useState({ top: 0, room: 600 });
	const measure = () => {
		const { scrollTop = 0, clientHeight = 600 } = box.current ?? {};
		setScroll({ top: scrollTop, room: clientHeight });
	};
	useEffect(() => {
		if (box.current === null) return;
		const observer = new ResizeObserver(measure);
		observer.observe(box.current);
		return () => observer.disconnect();
	}, []);
	return { box, measure, span: visibleSpan(scroll.top, scroll.room, ROW, count) };
}

/** All nodes as a list box, of which only the visible part is in the document. */
export function NodeList({ nodes, progress, selected, onSelect }: NodeListProps) {
	const index = selected === undefined ? -1 : nodes.findIndex(({ id }) => id === selected.id);
	const { box, measure, span } = useWindow(nodes.length);
	useEffect(() => {
		const element = box.current;
		if (element !== null && index >= 0)
			element.scrollTop = scrollFor(index, element.scrollTop, element.clientHeight, ROW);
	}, [index]);
	const onKeyDown = (event: KeyboardEvent) => {
		if (event.key === "Escape") return onSelect(undefined);
		const to = target(event.key, index, nodes.length);
		if (to === undefined) return;
		event.preventDefault();
		onSelect(nodes[to]);
	};
	const isDrawn = index >= span.first && index < span.end;
	return (
		<div
			ref={box}
			class="node-list"
			role="listbox"
			aria-label="Functions and secrets"
			tabIndex={0}
			onScroll={measure}
			onKeyDown={onKeyDown}
			{...(isDrawn && { "aria-activedescendant": `node-${index}` })}
		>
			<div class="node-list-space" style={{ height: `${nodes.length * ROW}px` }} role="presentation">
				{nodes.slice(span.first, span.end).map((node, offset) => (
					<Row
						key={node.id}
						node={node}
						index={span.first + offset}
						count={nodes.length}
						state={nodeStateText(node, progress)}
						isSelected={node.id === selected?.id}
						onSelect={onSelect}
					/>
				))}
			</div>
		</div>
	);
}

interface RowProps extends Pick<NodeListProps, "onSelect"> {
	readonly node: GraphNode;
	readonly index: number;
	readonly count: number;
	readonly state: string;
	readonly isSelected: boolean;
}

function Row({ node, index, count, state, isSelected, onSelect }: RowProps) {
	return (
		// biome-ignore lint/a11y/useKeyWithClickEvents: the list box has the keys
		<div
			id={`node-${index}`}
			class="node-row"
			role="option"
			tabIndex={-1}
			aria-selected={isSelected}
			aria-setsize={count}
			aria-posinset={index + 1}
			style={{ transform: `translateY(${index * ROW}px)` }}
			onClick={() => onSelect(node)}
		>
			<span class="node-name">
				<Name text={node.name} />
			</span>
			<span class="node-state">
				{node.kind === "function" ? "Function" : "Secret"}
				{state !== "" && `, ${state}`}
			</span>
		</div>
	);
}
