import { describe, expect, test } from "vitest";
import { graphOf } from "../../../src/console/map/graph.ts";
import { layoutOf } from "../../../src/console/map/layout.ts";
import { cellOf, moveTo, range, tableOf } from "../../../src/console/map/matrix/table.ts";
import { scrollFor, visibleSpan } from "../../../src/console/map/matrix/windowing.ts";

describe("the window of a long list", () => {
	test("has what is seen and a few items around it", () => {
		expect(visibleSpan(0, 100, 10, 1_000, 2)).toEqual({ first: 0, end: 12 });
		expect(visibleSpan(505, 100, 10, 1_000, 2)).toEqual({ first: 48, end: 63 });
		expect(visibleSpan(9_950, 100, 10, 1_000, 2)).toEqual({ first: 993, end: 1_000 });
	});

	test("is never outside the list, also while the list gets shorter", () => {
		expect(range(visibleSpan(5_000, 100, 10, 3))).toEqual([0, 1, 2]);
		expect(range(visibleSpan(0, 100, 10, 0))).toEqual([]);
	});

	test("scrolls as little as an item needs", () => {
		expect(scrollFor(5, 0, 100, 10)).toBe(0);
		expect(scrollFor(20, 0, 100, 10)).toBe(110);
		expect(scrollFor(3, 200, 100, 10)).toBe(30);
	});
});

describe("the cursor of the matrix", () => {
	const move = (key: string, ctrlKey = false) => moveTo({ row: 5, column: 5 }, { key, ctrlKey }, 300, 500);

	test("moves with the keys of a grid, and stays inside", () => {
		expect(move("ArrowDown")).toEqual({ row: 6, column: 5 });
		expect(move("ArrowLeft")).toEqual({ row: 5, column: 4 });
		expect(move("PageUp")).toEqual({ row: 0, column: 5 });
		expect(move("End")).toEqual({ row: 5, column: 499 });
		expect(move("End", true)).toEqual({ row: 299, column: 499 });
		expect(move("Home", true)).toEqual({ row: 0, column: 0 });
		expect(move("a")).toBeUndefined();
	});
});

describe("the table", () => {
	const reading = (name: string, secrets: readonly string[]) => ({
		...{ name, url: "", state: "live" as const, pid: 1, deployment: "", dynamic: [] },
		references: secrets.map((secret) => ({ name: secret, file: "", line: 0, how: "static" as const })),
	});
	const graph = graphOf([reading("a", ["Y"]), reading("b", ["X", "Y"]), reading("none", [])], undefined);
	const layout = layoutOf(graph);
	const table = tableOf(graph, layout);
	const namesAt = (row: number, column: number) => [
		graph.functions[layout.functionOrder[row] ?? -1]?.name,
		graph.secrets[layout.secretOrder[column] ?? -1]?.name,
	];

	test("has each edge in the row and column of the map's order", () => {
		const found = table.flatMap((edges, row) =>
			[...edges.keys()].map((column) => namesAt(row, column).join(" ")),
		);
		expect(found.sort()).toEqual(["a Y", "b X", "b Y"]);
	});

	test("leads from a node to its first edge, and to its row if it has none", () => {
		for (const node of [...graph.functions, ...graph.secrets]) {
			const cell = cellOf(node, graph, layout, table);
			if (cell === undefined) throw new Error("The node has no cell.");
			expect(namesAt(cell.row, cell.column)).toContain(node.name);
			expect(table[cell.row]?.has(cell.column)).toBe(node.name !== "none");
		}
		expect(
			cellOf(graphOf([reading("other", [])], undefined).functions[0] as never, graph, layout, table),
		).toBeUndefined();
	});
});
