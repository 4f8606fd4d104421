/** Where the nodes of the map are: functions on the left, secrets on the right, neighbours near each other. Pure. */
import type { Graph, GraphNode } from "./graph.ts";

export const NODE = { width: 170, height: 22 } as const;
const LANE_WIDTH = 190;
const ROW_HEIGHT = 28;
const GAP_MIN = 160;
/** Edges to outer lanes need more room to bend. */
const GAP_PER_LANE = 24;
/** Rows of a map that needs no second lane. */
const ROWS_MIN = 24;
/** Height to width of a large map. */
const SHAPE = 0.8;
const SWEEPS = 6;

export interface Point {
	readonly x: number;
	readonly y: number;
}

export interface Layout {
	readonly width: number;
	readonly height: number;
	/** The centre of each function and of each secret, in the order of the graph. */
	readonly functions: readonly Point[];
	readonly secrets: readonly Point[];
	/** The order from top to bottom, as indices of the graph. The matrix has the same. */
	readonly functionOrder: readonly number[];
	readonly secretOrder: readonly number[];
}

/** The neighbours of each node of one side, as indices of the other. */
function neighboursOf({ functions, secrets, edges }: Graph) {
	const ofFunctions: number[][] = functions.map(() => []);
	const ofSecrets: number[][] = secrets.map(() => []);
	for (const edge of edges) {
		ofFunctions[edge.function]?.push(edge.secret);
		ofSecrets[edge.secret]?.push(edge.function);
	}
	return { ofFunctions, ofSecrets };
}

/** The positions that an order gives to its members, from 0 to 1. */
function ranksOf(order: readonly number[]): number[] {
	const ranks: number[] = new Array(order.length).fill(0);
	for (const [position, index] of order.entries()) ranks[index] = position / Math.max(1, order.length - 1);
	return ranks;
}

/** Orders one side by the mean rank of its neighbours. Nodes without neighbours come last, by name. */
function ordered(
	neighbours: readonly number[][],
	ranks: readonly number[],
	nodes: readonly GraphNode[],
): number[] {
	const keys = neighbours.map((list) =>
		list.length === 0 ? 2 : list.reduce((sum, each) => sum + (ranks[each] ?? 0), 0) / list.length,
	);
	const names = nodes.map(({ name }) => name);
	return keys
		.map((_, index) => index)
		.sort((a, b) => (keys[a] ?? 0) - (keys[b] ?? 0) || compareTexts(names[a] ?? "", names[b] ?? ""));
}

const compareTexts = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

/** Orders that let few edges cross: each side in turn follows the other. */
function ordersOf(graph: Graph): { functionOrder: number[]; secretOrder: number[] } {
	const { ofFunctions, ofSecrets } = neighboursOf(graph);
	const byName = graph.functions.map((_, index) => index);
	byName.sort((a, b) => compareTexts(graph.functions[a]?.name ?? "", graph.functions[b]?.name ?? ""));
	let functionOrder = byName;
	let secretOrder: number[] = [];
	for (let sweep = 0; sweep < SWEEPS; sweep++) {
		secretOrder = ordered(ofSecrets, ranksOf(functionOrder), graph.secrets);
		functionOrder = ordered(ofFunctions, ranksOf(secretOrder), graph.functions);
	}
	return { functionOrder, secretOrder };
}

/** How many rows make the map about as wide as a screen. */
function rowsFor(functions: number, secrets: number): number {
	const most = Math.max(functions, secrets, 1);
	for (let rows = Math.min(ROWS_MIN, most); rows < most; rows++) {
		const lanes = Math.ceil(functions / rows) + Math.ceil(secrets / rows);
		if (rows * ROW_HEIGHT >= SHAPE * (lanes * LANE_WIDTH + GAP_MIN)) return rows;
	}
	return most;
}

interface Block {
	readonly lanes: number;
	readonly rows: number;
	readonly left: number;
	readonly height: number;
}

/** The points of one side. Consecutive nodes share a row, so that the height still says what is near. */
function placed(order: readonly number[], { lanes, rows, left, height }: Block): Point[] {
	const points: Point[] = new Array(order.length);
	const top = (height - rows * ROW_HEIGHT) / 2;
	for (const [position, index] of order.entries()) {
		points[index] = {
			x: left + (position % lanes) * LANE_WIDTH + LANE_WIDTH / 2,
			y: top + Math.floor(position / lanes) * ROW_HEIGHT + ROW_HEIGHT / 2,
		};
	}
	return points;
}

export function layoutOf(graph: Graph): Layout {
	const { functionOrder, secretOrder } = ordersOf(graph);
	const [functions, secrets] = [graph.functions.length, graph.secrets.length];
	const rows = rowsFor(functions, secrets);
	const left = Math.max(1, Math.ceil(functions / rows));
	const right = Math.max(1, Math.ceil(secrets / rows));
	const gap = GAP_MIN + (left + right - 2) * GAP_PER_LANE;
	const height = rows * ROW_HEIGHT;
	const block = (lanes: number, count: number, x: number): Block => ({
		lanes,
		rows: Math.ceil(count / lanes),
		left: x,
		height,
	});
	return {
		width: (left + right) * LANE_WIDTH + gap,
		height,
		functions: placed(functionOrder, block(left, functions, 0)),
		secrets: placed(secretOrder, block(right, secrets, left * LANE_WIDTH + gap)),
		functionOrder,
		secretOrder,
	};
}

/** The node at a point of the map; undefined between nodes. */
export function nodeAt({ x, y }: Point, graph: Graph, layout: Layout): GraphNode | undefined {
	const isAt = (point: Point) =>
		Math.abs(point.x - x) <= NODE.width / 2 && Math.abs(point.y - y) <= NODE.height / 2 + 3;
	const found = layout.functions.findIndex(isAt);
	return found === -1 ? graph.secrets[layout.secrets.findIndex(isAt)] : graph.functions[found];
}

/** The point of a node; undefined if the graph does not have it. */
export function pointOf(node: GraphNode, graph: Graph, layout: Layout): Point | undefined {
	return node.kind === "function"
		? layout.functions[graph.functions.indexOf(node)]
		: layout.secrets[graph.secrets.indexOf(node)];
}
